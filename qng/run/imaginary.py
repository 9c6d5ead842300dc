r"""Exact evolution in imaginary time, to lay beside runs of the natural gradient.

    psi(tau) = e^{-tau H} psi_0 / |e^{-tau H} psi_0|

A step of length eta in the full Fubini-Study metric g moves the state as 2 eta of imaginary time,
up to O(eta^2) and to what the circuit cannot follow: VarQITE solves g theta' = -grad E / 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.run.exact import evolved, ground_weights, means, overlaps, states_of
from qng.run.probabilities import problem_of
from qng.run.results import Run
from qng.run.target import circuits_and_point


@dataclass(frozen=True, eq=False)
class ImaginaryTime:
    """A state on its way in imaginary time.

    Args:
        times: tau, in units of 1 / <H>, ascending, shape (times,).
        energies: <H> of psi(tau), shape (times,).
        fidelities: Its weight in the ground space, shape (times,); NaN where that is not known.
        overlaps: |<psi(tau_k)|psi_k>|^2 with the states of a run; None without one.
    """

    times: Array
    energies: Array
    fidelities: Array
    overlaps: Array | None = None


def imaginary_time(problem: Any, times: ArrayLike, start: Any = None) -> ImaginaryTime:
    """Exact imaginary time from a state that the circuit prepares.

    Args:
        problem: A problem, its name or a folder.
        times: tau, not negative and ascending, shape (times,).
        start: Shape (P,), radians: psi_0 is the circuit there; the problem's start by default.

    Raises:
        InputError: Times that are not like that, several circuits, or more than 16 qubits.

    Cost: an eigendecomposition of 2^n up to 8 qubits, products with a sparse matrix above.

    Example:
        >>> import numpy as np
        >>> found = imaginary_time("textbook-2", [0.0, 0.5])
        >>> np.allclose(found.energies, -np.tanh(2 * found.times - np.arctanh(found.energies[0])))
        True
    """
    whole, base = circuits_and_point(problem, start, "the exact curve")
    tau = checks.reals("times", times)
    if tau.ndim != 1 or not np.all(np.isfinite(tau)) or np.any(np.diff(tau, prepend=0.0) < 0):
        raise InputError("times must be finite, not negative and ascending")
    states = evolved(whole.observable, states_of(whole, base[None])[0], tau)
    return ImaginaryTime(tau, means(whole.observable, states), ground_weights(whole, states))


def beside(run: Run) -> ImaginaryTime:
    """Exact imaginary time at tau_k = 2 sum_{j<k} eta_j, beside the points of a run.

    Steps that were undone take no time: such a point is at the time that it would have had.

    Args:
        run: Of a method with step sizes; for the times to mean something with the full metric g.

    Raises:
        InputError: A step without a size, and as `imaginary_time`.
    """
    problem, tau = problem_of(run), _times(run)
    order = np.argsort(tau, kind="stable")
    own = states_of(problem, run.trace["theta"])
    states = np.empty_like(own)
    states[order] = evolved(problem.observable, own[0], tau[order])
    energies, fidelities = means(problem.observable, states), ground_weights(problem, states)
    return ImaginaryTime(tau, energies, fidelities, overlaps(states, own))


def _times(run: Run) -> Array:
    """tau at every point."""
    eta, kept = run.trace["eta"], run.trace["accepted"]
    if not np.all(np.isfinite(eta[:-1])):
        raise InputError(f"steps of {run.method} have no size: no time goes with them")
    tau, here = np.zeros(len(eta)), 0.0
    for k in range(1, len(eta)):
        tau[k] = here + 2 * eta[k - 1]
        here = tau[k] if kept[k] else here
    return tau
