"""An estimator as a value: what it estimates, and how it does so with shots and without."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Generic, Literal, TypeVar, get_args

from qng.errors import InputError, UnknownNameError
from qng.plan.plan import Plan

T = TypeVar("T")

Of = Literal[
    "energy",
    "gradient",
    "hessian",
    "gauss-newton",
    "linear-method",
    "projected-inverse",
    "fubini",
    "kfac",
    "fisher",
    "curvature",
    "sld",
    "petz",
    "hilbert-schmidt",
    "weighted",
    "observables",
    "",
]
"""What an estimator is of: <H> or its derivatives, the squares of those of its words, H on the
tangent space as the linear method and projected inverse iteration have it, the Fubini-Study metric
g or what stands for it, the Kronecker product nearest to g, the classical Fisher matrix of a
measurement, the Berry curvature, a metric of density matrices (SLD and other monotone ones,
Hilbert-Schmidt, that of the terms of H), that of the means of words; "" where nobody has said."""

_OF_TANGENTS: Final = ("linear-method", "projected-inverse")
_OF_PURE_STATES: Final = ("fubini", "kfac", "curvature", *_OF_TANGENTS)
_OF_DENSITIES: Final = ("sld", "petz", "hilbert-schmidt", "weighted")
_OF_AN_OBSERVABLE: Final = (
    "energy",
    "gradient",
    "hessian",
    "gauss-newton",
    "weighted",
    "observables",
    *_OF_TANGENTS,
)


@dataclass(frozen=True)
class Estimator(Generic[T]):
    """How a quantity is estimated; a row of the tables of `qng.estimate`, or one of your own.

    Args:
        of: What it is of.
        exact: (circuit, theta, **options) -> Plan, or (circuit, observable, theta, **options) where
            it is of an observable; for exact executors. None where it needs shots.
        sampled: The same for executors that count bits; None where only a simulator knows it.
        random: Whether it draws directions: then both functions also take `seed`.
        same_draws: Whether it must draw the same for all circuits of a weighted sum, as a set of
            parameters; otherwise each draws its own, and their errors are independent.
        alone: (**options) -> whether it needs no observable with these, where it is of one else.
        circuits: (circuit, theta), or (circuit, observable, theta) -> how many circuits `sampled`
            takes, whatever its options, where a plan of so many would take long to make.

    Raises:
        UnknownNameError: Another `of`.
        InputError: No function.

    Example:
        >>> from qng.estimate.fubini.overlaps import full
        >>> mine = Estimator("fubini", exact=full, sampled=full)
        >>> mine.pure, mine.observable
        (True, False)
    """

    of: Of
    exact: Callable[..., Plan[T]] | None = None
    sampled: Callable[..., Plan[T]] | None = None
    random: bool = False
    same_draws: bool = False
    alone: Callable[..., bool] | None = field(default=None, metadata={"later": True})
    circuits: Callable[..., int] | None = field(default=None, metadata={"later": True})

    def __post_init__(self) -> None:
        if self.of not in get_args(Of):
            raise UnknownNameError("quantity of an estimator", self.of, filter(None, get_args(Of)))
        if self.exact is None and self.sampled is None:
            raise InputError("an estimator needs a function: exact=, sampled=, or one for both")

    @property
    def pure(self) -> bool:
        """Whether the quantity is that of a pure state: a surrogate on an executor with noise."""
        return self.of in _OF_PURE_STATES

    @property
    def simulated(self) -> bool:
        """Whether it is had from density matrices, which simulators know with shots as without."""
        return self.of in _OF_DENSITIES and self.exact is self.sampled

    @property
    def observable(self) -> bool:
        """Whether it is of an observable, which its functions then take after the circuit."""
        return self.of in _OF_AN_OBSERVABLE

    def needs_observable(self, options: Mapping[str, Any]) -> bool:
        """Whether it needs an observable with these options."""
        return self.observable and (self.alone is None or not self.alone(**options))

    def variant(self, counting: bool) -> Callable[..., Plan[T]] | None:
        """`sampled` where bits are counted, else `exact`."""
        return self.sampled if counting else self.exact

    def options(self, counting: bool) -> tuple[str, ...] | None:
        """The names of the options that a variant has; None: any."""
        return self._options[counting]

    @cached_property
    def _options(self) -> Mapping[bool, tuple[str, ...] | None]:
        given = 3 if self.observable else 2
        return {
            counting: _keywords(self.variant(counting), given, ("seed",) if self.random else ())
            for counting in (False, True)
        }


def _keywords(
    function: Callable[..., Any] | None, given: int, reserved: tuple[str, ...]
) -> tuple[str, ...] | None:
    """The parameters of a function after the first ones, without those reserved."""
    if function is None:
        return ()
    parameters = list(inspect.signature(function).parameters.values())
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return tuple(p.name for p in parameters[given:] if p.name not in reserved)
