"""I over measurement bases: 2 g on average over Haar-random ones, 4 g for real amplitudes."""

import numpy as np
import pytest

import qng
from qng.circuit.ansatz import hardware_efficient, random_pauli, real_amplitudes
from tests import dense

BASES = 4000


def haar(size: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Unitaries of the Haar measure: QR of normal matrices, with the phases of R removed."""
    normal = rng.normal(size=(2, count, size, size))
    q, r = np.linalg.qr(normal[0] + 1j * normal[1])
    phases = np.diagonal(r, axis1=1, axis2=2)
    return q * (phases / np.abs(phases))[:, None, :]


def fisher(psi: np.ndarray, d: np.ndarray) -> np.ndarray:
    """sum_k d_i p_k d_j p_k / p_k of states (..., N) and their derivatives (..., P, N)."""
    slopes = 2 * np.real(d * psi[..., None, :].conj())
    return np.einsum("...ik,...jk->...ij", slopes / np.abs(psi[..., None, :]) ** 2, slopes)


@pytest.mark.parametrize(
    "circuit",
    [real_amplitudes(2, 1), hardware_efficient(2, 1), random_pauli(3, 2, seed=1)],
    ids=["real", "complex", "three qubits"],
)
def test_over_haar_random_bases_it_is_two_g(circuit) -> None:
    """arXiv:2509.08196. Every entry within 5 standard errors of the mean over 4,000 bases: of 100
    entries one is outside in 17,000 trials."""
    rng = np.random.default_rng(5)
    theta = rng.uniform(-np.pi, np.pi, circuit.n_parameters)
    psi = dense.state(circuit, theta)
    d = dense.differences(lambda t: dense.state(circuit, t), theta)
    bases = haar(len(psi), BASES, rng)
    found = fisher(psi @ bases, d @ bases)
    error = found.std(axis=0, ddof=1) / np.sqrt(BASES)
    miss = np.abs(found.mean(axis=0) - 2 * dense.metric(circuit, theta))
    assert np.all(miss < 5 * error + 1e-9)
    # Far from the 4 g of real amplitudes.
    trace = np.trace(found.mean(axis=0)) / np.trace(dense.metric(circuit, theta))
    assert trace == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("layers", [1, 2])
def test_where_amplitudes_are_real_it_is_four_g(layers: int) -> None:
    circuit = real_amplitudes(3, layers)
    theta = np.random.default_rng(layers).uniform(-np.pi, np.pi, circuit.n_parameters)
    g = dense.metric(circuit, theta)
    np.testing.assert_allclose(qng.metric(circuit, theta, "fisher").dense(), 4 * g, atol=1e-9)


def test_random_measurements_of_ours_are_not_haar_random() -> None:
    """Their mean lies between: about 2 where amplitudes are complex, up to 4 where they are not."""
    rng = np.random.default_rng(3)
    for circuit in (real_amplitudes(3, 1), hardware_efficient(3, 1)):
        theta = rng.uniform(-np.pi, np.pi, circuit.n_parameters)
        g = np.trace(qng.metric(circuit, theta).dense())
        for kind in ("circuit", "pauli"):
            found = [
                np.trace(qng.metric(circuit, theta, "fisher-random", kind=kind, seed=k).dense())
                for k in range(100)
            ]
            assert 1.5 * g < np.mean(found) < 4 * g, (kind, np.mean(found) / g)
