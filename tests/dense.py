"""An independent simulator: small matrices, angles read as text, derivatives by differences.

It uses nothing of the package. What it is given is read as plain data: of a circuit `n_qubits`,
`parameters` and `ops`; of a rotation the texts of `angle` and `pauli`; of a gate `name` (or
`matrix`) and `qubits`; an observable is pairs of a word, as text, and its coefficient.
"""

import re
from functools import lru_cache, reduce

import numpy as np

I2 = np.eye(2, dtype=complex)
X = np.array([[0, 1], [1, 0]], dtype=complex)
Y = np.array([[0, -1j], [1j, 0]])
Z = np.diag([1.0 + 0j, -1])
LETTERS = {"I": I2, "X": X, "Y": Y, "Z": Z}


def _power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    """The principal power, eigenvalue 1 kept: S = Z^(1/2), T = Z^(1/4), SX = X^(1/2)."""
    return (np.eye(2) + matrix) / 2 + np.exp(1j * np.pi * exponent) * (np.eye(2) - matrix) / 2


def _controlled(matrix: np.ndarray) -> np.ndarray:
    """Control on the least significant qubit, which stands last in a Kronecker product."""
    return np.kron(np.eye(len(matrix)), (I2 + Z) / 2) + np.kron(matrix, (I2 - Z) / 2)


_SWAP = sum(np.kron(p, p) for p in LETTERS.values()) / 2
_ONE = {
    "id": I2,
    "x": X,
    "y": Y,
    "z": Z,
    "h": (X + Z) / np.sqrt(2),
    "s": _power(Z, 0.5),
    "sdg": _power(Z, -0.5),
    "t": _power(Z, 0.25),
    "tdg": _power(Z, -0.25),
    "sx": _power(X, 0.5),
    "sxdg": _power(X, -0.5),
}
GATES = {
    **_ONE,
    **{f"c{name}": _controlled(_ONE[name]) for name in ("x", "y", "z", "h", "s", "sdg", "sx")},
    "swap": _SWAP,
    "iswap": (np.eye(4) + np.kron(Z, Z)) / 2 + 0.5j * (np.kron(X, X) + np.kron(Y, Y)),
    "ccx": _controlled(_controlled(X)),
    "ccz": _controlled(_controlled(Z)),
    "cswap": _controlled(_SWAP),
}


def word(text: str, n: int) -> np.ndarray:
    """The matrix of a word from its text; qubit 0 stands last in the Kronecker product."""
    letters = {int(q): letter for letter, q in re.findall(r"([XYZ])(\d+)", text)}
    return reduce(np.kron, [LETTERS[letters.get(q, "I")] for q in reversed(range(n))])


def pauli_sum(observable, n: int) -> np.ndarray:
    return sum((c * word(str(p), n) for p, c in observable), np.zeros((2**n, 2**n), dtype=complex))


@lru_cache(maxsize=1000)
def _places(qubits: tuple[int, ...], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the amplitudes of some qubits are, shape (2^k, 2^(n-k)), and the way back."""
    order = [*qubits, *(q for q in range(n) if q not in qubits)]
    index = np.arange(2**n)
    there = sum((index >> k & 1) << q for k, q in enumerate(order))
    there = there.reshape(-1, 2 ** len(qubits)).T
    return there, np.argsort(there, axis=None)


def applied(matrix: np.ndarray, qubits: tuple[int, ...], psi: np.ndarray) -> np.ndarray:
    """A matrix on some qubits (the first is least significant) applied to states (..., 2^n)."""
    there, back = _places(tuple(qubits), psi.shape[-1].bit_length() - 1)
    return (matrix @ psi[..., there]).reshape(psi.shape)[..., back]


def embedded(matrix: np.ndarray, qubits: tuple[int, ...], n: int) -> np.ndarray:
    """A matrix on some qubits as one on all n."""
    return applied(matrix, qubits, np.eye(2**n, dtype=complex)).T


@lru_cache(maxsize=1000)
def _moves(text: str, n: int) -> tuple[np.ndarray, np.ndarray]:
    """A word has one entry a row: (P psi)_j = value_j psi_(column_j)."""
    letters = {int(q): letter for letter, q in re.findall(r"([XYZ])(\d+)", text)}
    flipped = sum(1 << q for q, letter in letters.items() if letter in "XY")
    entries = [LETTERS[letters.get(q, "I")].sum(axis=1) for q in reversed(range(n))]
    return reduce(np.kron, entries), np.arange(2**n) ^ flipped


def own(op) -> np.ndarray:
    """The matrix of a gate on its own qubits."""
    return GATES[op.name] if op.matrix is None else np.array(op.matrix)


def gate(op, n: int) -> np.ndarray:
    return embedded(own(op), op.qubits, n)


def _jumps(f):
    return lambda u: f(np.real(u)) + 0 * u


FUNCTIONS = {
    **{name: getattr(np, name) for name in ("arccos", "arcsin", "arctan", "cos", "exp", "log")},
    **{name: getattr(np, name) for name in ("sin", "sqrt", "tan")},
    "ceiling": _jumps(np.ceil),
    "floor": _jumps(np.floor),
    "mod": lambda a, b: a - b * np.trunc(np.real(a / b)),
}


def evaluate(text: str, values: dict):
    """An angle from its text: OpenQASM 3 has the precedence of Python here."""
    return eval(text, {"__builtins__": {}, **FUNCTIONS}, values)


def derivative(text: str, values: dict, name: str) -> float:
    """By a complex step, which loses nothing to rounding: f(x + ih) = f(x) + ih f'(x)."""
    h = 1e-30
    stepped = {key: complex(v, h if key == name else 0.0) for key, v in values.items()}
    return complex(evaluate(text, stepped)).imag / h


def state(circuit, theta) -> np.ndarray:
    """The state at theta of shape (..., P): shape (..., 2^n)."""
    theta = np.asarray(theta, dtype=float)
    values = {name: theta[..., k] for k, name in enumerate(circuit.parameters)}
    n = circuit.n_qubits
    psi = np.zeros((*theta.shape[:-1], 2**n), dtype=complex)
    psi[..., 0] = 1.0
    for op in circuit.ops:
        if hasattr(op, "angle"):
            half = np.asarray(evaluate(str(op.angle), values))[..., None] / 2
            value, column = _moves(str(op.pauli), n)
            psi = np.cos(half) * psi - 1j * np.sin(half) * value * psi[..., column]
        else:
            psi = applied(own(op), op.qubits, psi)
    return psi


STEP = 4e-3
PLACES = np.array([-3, -2, -1, 1, 2, 3])
WEIGHTS = np.array([-1, 9, -45, 45, -9, 1]) / 60  # of sixth order


def differences(f, theta) -> np.ndarray:
    """d f / d theta_i for f of an array of points (..., P), on a new first axis i."""
    theta = np.asarray(theta, dtype=float)
    size = theta.shape[-1]
    unit = STEP * np.eye(size).reshape(size, *[1] * (theta.ndim - 1), size)
    return np.tensordot(WEIGHTS / STEP, f(theta + np.multiply.outer(PLACES, unit)), 1)


def tensor(circuit, theta) -> np.ndarray:
    """<d_i psi|d_j psi> - <d_i psi|psi><psi|d_j psi>."""
    psi, d = state(circuit, theta), differences(lambda t: state(circuit, t), theta)
    overlap = d.conj() @ psi
    return d.conj() @ d.T - np.outer(overlap, overlap.conj())


def metric(circuit, theta) -> np.ndarray:
    return tensor(circuit, theta).real


def energy(circuit, observable, theta) -> np.ndarray:
    psi = state(circuit, theta)
    h = pauli_sum(observable, circuit.n_qubits)
    return np.sum(psi.conj() * (psi @ h.T), axis=-1).real


def gradient(circuit, observable, theta) -> np.ndarray:
    return differences(lambda t: energy(circuit, observable, t), theta)


def hessian(circuit, observable, theta) -> np.ndarray:
    return differences(lambda t: np.moveaxis(gradient(circuit, observable, t), 0, -1), theta)


def fisher(circuit, theta, basis: str) -> np.ndarray:
    """sum_x d_i p d_j p / p in the basis of one letter a qubit, qubit 0 first."""
    to_z = {"Z": I2, "X": _ONE["h"], "Y": _ONE["h"] @ _ONE["sdg"]}
    turn = reduce(np.kron, [to_z[letter] for letter in reversed(basis)])
    psi = turn @ state(circuit, theta)
    d = differences(lambda t: state(circuit, t), theta) @ turn.T
    p, dp = np.abs(psi) ** 2, 2 * (d * psi.conj()).real
    zero = p < 1e-24
    at_zeros = 4 * (d[:, zero].conj() @ d[:, zero].T).real
    return (dp[:, ~zero] / p[~zero]) @ dp[:, ~zero].T + at_zeros


def close(found, expected, relative: float = 1e-6, floor: float = 1e-3) -> None:
    """Equal to a fraction of the largest entry expected; below the floor, of the floor."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape, (found.shape, expected.shape)
    scale = max(np.abs(expected).max(initial=0.0), floor)
    np.testing.assert_allclose(found, expected, rtol=0, atol=relative * scale)


def positive(matrix, tolerance: float = 1e-12) -> None:
    """Symmetric and positive semidefinite to rounding."""
    np.testing.assert_allclose(matrix, matrix.T, rtol=0, atol=tolerance)
    lowest = np.linalg.eigvalsh(matrix).min(initial=0.0)
    assert lowest >= -tolerance * max(1.0, np.abs(matrix).max(initial=0.0)), lowest
