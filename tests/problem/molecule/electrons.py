"""Electrons without the package: matrices of ladder operators on occupations, and what they make.

Mode k is bit k of a basis state; a_k takes it away with the sign of those below it.
"""

from functools import cache, reduce
from itertools import product
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array, identity, kron

H4 = Path(__file__).parent / "h4.fcidump"
N2 = Path(__file__).parent / "n2.fcidump"

# PySCF 2.14 for h4.fcidump: STO-3G, H 0 0 0; H 0 0 0.9; H 0.5 0.3 1.7; H 0 1.1 2.5 (Angstrom).
H4_HF, H4_MP2, H4_CCSD = -2.0382652098196354, -2.084956010573779, -2.12000196820195
H4_FCI, H4_TRIPLET = -2.11994628804118, -1.9571803185982581

# Published by ffsim's documentation: STO-6G, 1.0 Angstrom, (6e,6o).
N2_FCI = -108.56684225194182


@cache
def annihilators(modes: int) -> list[csr_array]:
    lower, sign = csr_array([[0.0, 1], [0, 0]]), csr_array([[1.0, 0], [0, -1]])
    one = csr_array(identity(2))
    return [
        reduce(lambda a, b: csr_array(kron(b, a)), [sign] * k + [lower] + [one] * (modes - k - 1))
        for k in range(modes)
    ]


def places(n: int, order: str):
    """The mode of an orbital and a spin."""
    return (lambda p, s: 2 * p + s) if order == "alternating" else (lambda p, s: p + n * s)


@cache
def hamiltonian(path: Path, order: str = "alternating") -> np.ndarray:
    """H of an FCIDUMP file, from its lines."""
    lines = path.read_text().split("&END")[1].split("\n")
    rows = [line.split() for line in lines if line.strip()]
    n = max(int(word) for row in rows for word in row[1:])
    a, at = annihilators(2 * n), places(n, order)
    hop = [[sum(a[at(p, s)].T @ a[at(q, s)] for s in (0, 1)) for q in range(n)] for p in range(n)]
    total, done = csr_array((4**n, 4**n)), set()
    for value, *indices in rows:
        p, q, r, s = (int(word) - 1 for word in indices)
        if p < 0:
            total = total + float(value) * identity(4**n)
        elif r < 0:
            for i, j in {(p, q), (q, p)}:
                total = total + float(value) * hop[i][j]
        else:
            pairs = product(((p, q), (q, p)), ((r, s), (s, r)))
            # Some programs write (ij|km) and (km|ij), some only one of them.
            several = {(x, y) for u, v in pairs for x, y in ((u, v), (v, u))} - done
            done |= several
            for (i, j), (k, m) in several:
                two = hop[i][j] @ hop[k][m] - (j == k) * hop[i][m]
                total = total + float(value) / 2 * two
    return np.asarray(total.todense())


def spins(n: int, order: str = "alternating") -> tuple[csr_array, csr_array, csr_array]:
    """N, S_z and S^2 of n orbitals."""
    a = annihilators(2 * n)
    at = places(n, order)
    up = sum(a[at(p, 0)].T @ a[at(p, 0)] for p in range(n))
    down = sum(a[at(p, 1)].T @ a[at(p, 1)] for p in range(n))
    raising = sum(a[at(p, 0)].T @ a[at(p, 1)] for p in range(n))
    z = (up - down) / 2
    return up + down, z, raising.T @ raising + z @ z + z
