"""A Hamiltonian and a wave function as a problem, which `qng.minimize` takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from qng import checks
from qng.circuit.pauli import PauliSum
from qng.errors import UnknownNameError
from qng.models.problem import SPREAD, ModelProblem
from qng.models.wave.chains import reference as known_reference
from qng.models.wave.jastrow import Jastrow, MeanField
from qng.models.wave.rbm import RBM
from qng.models.wave.sampler import ExactSum, Sampler
from qng.models.wave.variational import Variational
from qng.models.wave.wave import Wave
from qng.problem.problem import Reference

WAVES: Final[dict[str, Callable[[int], Wave]]] = {
    "jastrow": Jastrow,
    "mean-field": MeanField,
    "rbm": RBM,
}
"""Wave functions by name, with their defaults."""

SCALE: Final = 0.01
"""Standard deviation of a start that is drawn."""


def vmc(
    hamiltonian: PauliSum | Any,
    wave: Wave | str = "rbm",
    sampler: Sampler | ExactSum | None = None,
    *,
    start: Any = None,
    seed: int = 0,
    reference: Reference | float | None = None,
    accuracy: float = 1e-3,
    name: str = "",
    title: str = "",
    source: str = "",
    unit: str = "",
    spread: float = SPREAD,
) -> ModelProblem:
    """Minimise the energy of a wave function.

    Args:
        hamiltonian: H, any sum of Pauli words.
        wave: psi, or "rbm", "jastrow", "mean-field" with real parameters on the spins of H.
        sampler: `qng.models.Metropolis(...)`; None: sums over all configurations.
        start: Shape (P,); by default drawn from normal numbers of standard deviation 0.01.
        seed: Of the start.
        reference: The ground energy. None: found by diagonalisation up to 12 spins, and known for
            Ising and Heisenberg rings of even length.
        accuracy: The error below which it counts as solved.
        name: Of the problem, like the next four (`ModelProblem`).
        title: See there.
        source: See there.
        unit: See there.
        spread: See there.

    Raises:
        InputError: Parts that do not fit together.
        UnknownNameError: No wave function of this name.

    Example:
        >>> import qng
        >>> problem = vmc(qng.hamiltonians.tfim(4), "jastrow")
        >>> round(qng.minimize(problem, "qng", steps=50).fun, 3)
        -5.224
    """
    words = hamiltonian if isinstance(hamiltonian, PauliSum) else PauliSum(hamiltonian)
    if isinstance(wave, str) and wave not in WAVES:
        raise UnknownNameError("wave function", wave, WAVES)
    psi: Wave = WAVES[wave](words.n_qubits) if isinstance(wave, str) else wave
    loss = Variational(psi, words, sampler)
    if start is None:
        rng = np.random.default_rng(checks.whole("seed", seed))
        start = SCALE * rng.normal(size=len(loss.parameters))
    if reference is None:
        reference = known_reference(words, psi.n_spins, loss.magnetisation)
    return ModelProblem(
        loss,
        start,
        reference,
        name=name,
        title=title,
        source=source,
        accuracy=accuracy,
        unit=unit,
        spread=spread,
    )
