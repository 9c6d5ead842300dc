"""The tables of estimators, and how a `By` becomes one that can be asked.

A row says what it is of, how it is had without shots and with them, and whether it draws
directions; all that is decided about estimators is decided by these, never by their names. One
name is one quantity: with more and more shots a row goes to what it is without them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Generic, TypeVar

from numpy.typing import ArrayLike

from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, UnknownNameError, UnsupportedMeasureError
from qng.estimate import gaussnewton, gradient, hessian, kronecker
from qng.estimate.designs import metric as designs
from qng.estimate.fisher import counted as counted_fisher
from qng.estimate.fisher import exact as fisher
from qng.estimate.fubini import blocks as counted_blocks
from qng.estimate.fubini import exact as fubini
from qng.estimate.fubini import hadamard, overlaps, subspace
from qng.estimate.fubini import random as stochastic
from qng.estimate.mixed import metrics as mixed
from qng.estimate.mixed.weighted import weighted
from qng.estimate.observables import metric as observables
from qng.estimate.ritz import counted as counted_ritz
from qng.estimate.ritz import counts as ritz_counts
from qng.estimate.ritz import exact as exact_ritz
from qng.geometry import Dense, Metric
from qng.plan.estimator import Estimator, Of
from qng.plan.plan import Plan
from qng.plan.quantities import By, GradientEstimate
from qng.seeds import Key

T = TypeVar("T")

_HESSIAN: Final[Estimator[Dense]] = Estimator("hessian", hessian.exact, hessian.parameter_shift)


def _fubini(
    exact: Callable[..., Plan[Metric]] | None,
    sampled: Callable[..., Plan[Metric]] | None,
    random: bool = False,
    same_draws: bool = False,
) -> Estimator[Metric]:
    return Estimator("fubini", exact, sampled, random, same_draws)


METRICS: Final[Mapping[str, Estimator[Any]]] = {
    "exact": _fubini(fubini.exact, None),
    "implicit": _fubini(fubini.implicit, None),
    "low-rank": _fubini(fubini.low_rank, None),
    "blocks": _fubini(fubini.blocks, counted_blocks.blocks),
    "diagonal": _fubini(fubini.diagonal, overlaps.diagonal),
    "blocks-diagonal": _fubini(fubini.blocks_diagonal, counted_blocks.diagonal),
    "overlaps": _fubini(overlaps.full, overlaps.full),
    "blocks+overlaps": _fubini(overlaps.blocks_plus, overlaps.blocks_plus),
    "hadamard": _fubini(hadamard.full, hadamard.full),
    "spsa": _fubini(stochastic.spsa, stochastic.spsa, random=True),
    "stein": _fubini(stochastic.stein, stochastic.stein, random=True),
    "subspace": _fubini(subspace.exact, subspace.overlaps, random=True, same_draws=True),
    "fisher": Estimator("fisher", fisher.born, counted_fisher.born),
    "fisher-diagonal": Estimator("fisher", fisher.diagonal, counted_fisher.diagonal),
    "fisher-random": Estimator("fisher", fisher.random, counted_fisher.random, random=True),
    "sld": Estimator("sld", mixed.sld, mixed.sld),
    "petz": Estimator("petz", mixed.petz, mixed.petz),
    "hilbert-schmidt": Estimator("hilbert-schmidt", mixed.hilbert_schmidt, mixed.hilbert_schmidt),
    "random-measurements": Estimator(
        "hilbert-schmidt", designs.exact, designs.counted, random=True
    ),
    "wa": Estimator("weighted", weighted, weighted),
    "kfac": Estimator("kfac", kronecker.nearest, kronecker.counted),
    "observables": Estimator(
        "observables", observables.exact, observables.counted, alone=observables.stands_alone
    ),
    "gauss-newton": Estimator("gauss-newton", gaussnewton.exact, gaussnewton.counted),
    "linear-method": Estimator(
        "linear-method",
        exact_ritz.linear_method,
        counted_ritz.linear_method,
        circuits=ritz_counts.circuits,
    ),
    "projected-inverse": Estimator(
        "projected-inverse",
        exact_ritz.projected_inverse,
        counted_ritz.projected_inverse,
        circuits=ritz_counts.circuits,
    ),
    "hessian": _HESSIAN,
}
"""What can stand for M; `wa`, Gauss-Newton, the linear method, projected inverse iteration and the
Hessian are of an observable, all others of the circuit alone."""

GRADIENTS: Final[Mapping[str, Estimator[GradientEstimate]]] = {
    "exact": Estimator("gradient", gradient.exact),
    "parameter-shift": Estimator("gradient", gradient.parameter_shift, gradient.parameter_shift),
    "finite-difference": Estimator(
        "gradient",
        gradient.finite_difference,
        partial(gradient.finite_difference, step=gradient.SAMPLED_STEP),
    ),
    "spsa": Estimator("gradient", gradient.spsa, gradient.spsa, random=True),
}

HESSIANS: Final[Mapping[str, Estimator[Dense]]] = {"hessian": _HESSIAN}

BERRY: Final[Mapping[str, Estimator[Any]]] = {
    "curvature": Estimator("curvature", fubini.berry_curvature, hadamard.berry_curvature)
}


@dataclass(frozen=True)
class Chosen(Generic[T]):
    """An estimator that can be asked: with its options, for shots or without.

    Args:
        name: As it was given, for messages.
        estimator: What it is of, and whether it draws.
        function: That of its variants which is asked.
        options: Keyword arguments, as pairs.
        own: Whether it is of the user's own, who may ask something else at every point.

    Example:
        >>> chosen("gradient", "exact", GRADIENTS, counting=False).observable
        True
    """

    name: str
    estimator: Estimator[T]
    function: Callable[..., Plan[T]]
    options: tuple[tuple[str, Any], ...] = ()
    own: bool = False

    @property
    def of(self) -> Of:
        """What it is of; "" where nobody has said."""
        return self.estimator.of

    @property
    def pure(self) -> bool:
        """Whether it is a quantity of pure states: a surrogate on an executor with noise."""
        return self.estimator.pure

    @property
    def random(self) -> bool:
        """Whether it draws directions, by the seed."""
        return self.estimator.random

    @property
    def same_draws(self) -> bool:
        """Whether it must draw the same for all circuits of a weighted sum."""
        return self.estimator.same_draws

    @property
    def observable(self) -> bool:
        """Whether it is of an observable, with the options that it has."""
        return self.estimator.needs_observable(dict(self.options))

    def __call__(
        self,
        circuit: Circuit,
        theta: ArrayLike,
        *,
        observable: PauliSum | None = None,
        seed: Key = 0,
    ) -> Plan[T]:
        """The plan at a point.

        Args:
            circuit: The circuit.
            theta: Shape (P,), radians.
            observable: H, Hermitian; not used by what is of the circuit alone.
            seed: Of the directions; not used by what draws none.

        Raises:
            InputError: No observable for an estimator that is of one.
        """
        given = dict(self.options)
        if self.random:
            given["seed"] = seed
        if not self.estimator.observable:
            plan = self.function(circuit, theta, **given)
        elif observable is None and self.observable:
            raise InputError(f"{self.name} is of an observable and none was given: give a problem")
        else:
            plan = self.function(circuit, observable, theta, **given)
        changes = self.own or self.random
        return replace(plan, rigid=False) if changes and isinstance(plan, Plan) else plan


def chosen(
    kind: str,
    by: By | str,
    table: Mapping[str, Estimator[T]],
    *,
    counting: bool,
    tangents: bool = True,
) -> Chosen[T]:
    """What a `By` names, found in a table or of the user's own.

    A function of one's own is of what all rows of the table are of, if that is one quantity. It
    stands for both variants and draws nothing; what draws, or has two variants, is given as an
    `Estimator`.

    Args:
        kind: What the table is of, for messages.
        by: The estimator and its options; not "auto", see `metric_by` and `gradient_by`.
        table: `METRICS`, `GRADIENTS`, ...
        counting: Whether bits are counted.
        tangents: Whether an executor that counts none knows derivatives of the state. Without them
            it is asked what bits would be counted for, and answers exactly.

    Raises:
        UnknownNameError: No such estimator, or an option that it does not have.
        UnsupportedMeasureError: It cannot be had from shots, or only from shots.
        InputError: An estimator of something else.

    Example:
        >>> chosen("metric", By("blocks", rule="wires"), METRICS, counting=True).of
        'fubini'
    """
    by = By.of(by)
    name = by.estimator if isinstance(by.estimator, str) else "of your own"
    estimator = _row(kind, by, table)
    measured = counting or not (tangents or estimator.sampled is None)
    function = estimator.variant(measured)
    if function is None:
        where = "from shots" if counting else "without shots"
        others = [
            other
            for other, row in table.items()
            if row.variant(counting) is not None and not (counting and row.simulated)
        ]
        raise UnsupportedMeasureError(
            f"the {kind} {name!r} cannot be had {where}; {where}: {', '.join(others)}"
        )
    known = estimator.options(measured)
    for option, _ in by.options:
        if known is not None and option not in known:
            raise UnknownNameError(f"option of the {kind} {name}", option, known or ("none",))
    return Chosen(name, estimator, function, by.options, not isinstance(by.estimator, str))


def _row(kind: str, by: By, table: Mapping[str, Estimator[T]]) -> Estimator[T]:
    """What a `By` names in the table, or holds itself, as a row."""
    given = by.estimator
    if isinstance(given, str):
        if given not in table:
            raise UnknownNameError(kind, given, table)
        return table[given]
    if not (isinstance(given, Estimator) or callable(given)):
        raise InputError(f"a {kind} is a name, an Estimator or a function, not {given!r}")
    quantities = {row.of for row in table.values()}
    row = given if isinstance(given, Estimator) else Estimator("", given, given)
    if not row.of and len(quantities) == 1:
        return replace(row, of=next(iter(quantities)))
    if row.of and row.of not in quantities:
        wanted = ", ".join(sorted(quantities))
        raise InputError(f"a {kind} is asked for ({wanted}), and the estimator is of {row.of}")
    return row


def metric_by(by: By, tangents: bool, densities: bool = False) -> By:
    """A metric with "auto" resolved: "exact" where it can be, else "sld", else "blocks".

    "sld" is g where nothing disturbs the states.

    Args:
        by: As it was given.
        tangents: Whether derivatives of the state are known, and nothing is counted.
        densities: Whether density matrices are known, and nothing is counted.

    Example:
        >>> metric_by(By("auto"), tangents=True)
        By('exact')
    """
    if by.estimator != "auto":
        return by
    return by.named("exact" if tangents else "sld" if densities else "blocks")


def gradient_by(by: By, gradients: bool) -> By:
    """A gradient with "auto" resolved: "exact" where it can be, else "parameter-shift".

    Args:
        by: As it was given.
        gradients: Whether gradients are known, and nothing is counted.

    Example:
        >>> gradient_by(By("auto"), gradients=False)
        By('parameter-shift')
    """
    return by.named("exact" if gradients else "parameter-shift") if by.estimator == "auto" else by
