"""A published experiment as data: what is run, what is compared, what is drawn.

How to add one. Write one file, anywhere (`qng reproduce my.py`) or in `qng/reproduce/entries`,
where it is found by itself. It defines `ENTRY`, and nothing else has to be touched:

    from qng.reproduce import FIGURE, PRINTED, Entry, Source, Study, check, published

    ENTRY = Entry(
        "P2",
        "Cost against step, three qubits",
        Source("qng-demo", ("Josh Izaac",), "Quantum natural gradient", 2019, url="https://..."),
        studies=Study(
            "qng-demo",                                      # or a Problem, or a function of none
            {"gd": published.gd(0.01), "block": published.block_qng(0.01)},
            steps=200,
        ),
        checks=(
            check.energies("gd", {100: -0.1345, 200: -0.3737}, 1e-4, FIGURE),
            check.last("block", -0.61220399, 1e-8, PRINTED),
            check.ordering("block < gd", FIGURE, at=50),
        ),
        fast=True,
        seconds=1,
    )

* A `Study` is a call of `qng.compare`; all its settings are there, shots and seeds too. Several
  studies are a sweep, over rates, sizes or circuits: `{f"{eta:g}": Study(...) for eta in ...}`.
  Where building them takes time, give a function that returns the mapping: it is called when the
  entry is run.
* `qng.reproduce.published` has the methods as published code has them: steps that nobody judges,
  PennyLane's blocks and betas. `qng.reproduce.legacy` has the random numbers of published runs.
* `qng.reproduce.check` has the checks: energies, curves (of several methods), errors, last, steps,
  first_below, solved, reference, ordering, value and matrix. Each takes the claim that is made.
* What is no energy is a number of `values`: a short function of the results (runs by method and
  study) that returns numbers and arrays by name, which `check.value` compares. An entry may have
  values only, and no study.
  The exact energies of the points of a sampled run are `results.run(label).trace["exact"]`, its
  last point is `.x`, its problem `.made.problem`.
* Methods, checks and numbers have to be where they are needed: a label that no study has is refused
  before anything is run.
* The picture is that of `picture`: a name of `qng.reproduce.pictures`, or a function of the
  reproduction. By default energies against steps, the published ones as open markers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from qng import checks
from qng.errors import InputError, UnknownNameError, shown
from qng.optimize.method import Method
from qng.report.sources import Source
from qng.reproduce.judging import Check
from qng.reproduce.results import Reproduction, Results, matching

_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


@dataclass(frozen=True, eq=False)
class Study:
    """One comparison: the arguments of `qng.compare`.

    Args:
        problem: A name, a problem, a QNode; or a function without arguments that returns one.
        methods: By label: methods or names of such.
        start: Shape (P,), the first start, or (S, P), all starts; the problem's own by default.
        starts: How many; by default those that `start` gives, or one. The others are drawn.
        steps: Most updates; a number, or one by label.
        tol: See `qng.minimize`, like the next four.
        stop: See there; a rule, or one by label.
        shots: See there.
        seed: See there.
        executor: By name.
        spread: Of the starts that are drawn, radians; None: the whole range.
        tune: How the methods are tuned before, as in `qng.compare`; None: they are not.
    """

    problem: Any
    methods: Mapping[str, str | Method]
    start: Any = None
    starts: int | None = None
    steps: int | Mapping[str, int] = 100
    tol: float | Mapping[str, float] | None = None
    stop: Any = None
    shots: Any = None
    seed: int = 0
    executor: Any = "statevector"
    spread: float | None = None
    tune: Any = None

    def __post_init__(self) -> None:
        if not isinstance(self.methods, Mapping) or not self.methods:
            raise InputError(
                f"the methods of a study are given by label, as {{'gd': published.gd(0.1)}}, not "
                f"as {shown(self.methods)}"
            )

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments of `qng.compare` but for problem and methods; None where it has its own."""
        left_out = ("problem", "methods")
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in left_out}


@dataclass(frozen=True, eq=False)
class Entry:
    """A published experiment.

    Args:
        id: Its name: a letter, then letters, digits, - and _; unique, whatever the case.
        title: One line.
        source: Where it was published.
        checks: What is compared with what was published.
        studies: What is run: a study, several by name, or a function that returns these.
        values: Further numbers: a function of the results that returns them by name.
        picture: A name of `qng.reproduce.pictures`, or a function of the reproduction.
        note: What a reader should know.
        fast: Whether it is one of the fast set, which is run at every change.
        own: Whether it is a study of our own, published nowhere: `all` leaves it out.
        seconds: How long it takes on two cores, measured.

    Raises:
        InputError: Something that is no part of an entry.
    """

    id: str
    title: str
    source: Source
    checks: tuple[Check, ...] = ()
    studies: Study | Mapping[str, Study] | Callable[[], Mapping[str, Study]] = field(
        default_factory=dict
    )
    values: Callable[[Results], Mapping[str, Any]] | None = None
    picture: Callable[[Reproduction], Any] | str = "energies"
    note: str = ""
    fast: bool = False
    own: bool = False
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not _ID.fullmatch(self.id):
            raise InputError(
                f"the id {shown(self.id)} of an entry is none: a letter, then letters, digits, - "
                "and _"
            )
        object.__setattr__(self, "checks", tuple(self.checks))
        for name, kind in {"source": Source, "title": str}.items():
            if not isinstance(getattr(self, name), kind):
                found = shown(getattr(self, name))
                raise InputError(f"the {name} of {self.id} is no {kind.__name__}: {found}")
        for check in self.checks:
            if not isinstance(check, Check):
                raise InputError(
                    f"a check of {self.id} is none: {shown(check)}; make checks with the functions "
                    "of qng.reproduce.check"
                )
        if not self.checks:
            raise InputError(f"{self.id} checks nothing: give checks=(check.energies(...), ...)")
        checks.function(f"values of {self.id}", self.values)
        checks.not_negative(f"seconds of {self.id}", self.seconds)

    def planned(self) -> dict[str, Study]:
        """The studies by name, made where they are given by a function; nothing is run yet.

        Raises:
            InputError: They are none, or a check is of a method that no study has.
        """
        made = self.studies() if callable(self.studies) else self.studies
        if isinstance(made, Study):
            made = {self.id.lower(): made}
        if not isinstance(made, Mapping) or not all(isinstance(s, Study) for s in made.values()):
            raise InputError(f"the studies of {self.id} are no studies by name: {shown(made)}")
        labels = {name: list(study.methods) for name, study in made.items()}
        for check in self.checks:
            if check.study is not None and check.study not in made:
                raise UnknownNameError("study", check.study, made)
            for study, method in check.methods:
                try:
                    meant = [made[name] for name in matching(labels, method, study)]
                except InputError as error:
                    raise InputError(f"the check of {check.names[0]!r}: {error}") from error
                _within(check, method, meant)
        if not made and self.values is None:
            raise InputError(f"{self.id} runs nothing: give studies= or values=")
        return dict(made)


def _within(check: Check, method: str, studies: Sequence[Study]) -> None:
    """Refuse a check of a step that no run can come to.

    Raises:
        InputError: It is beyond the last one.
    """
    limits = [s.steps.get(method) if isinstance(s.steps, Mapping) else s.steps for s in studies]
    if not all(isinstance(limit, int) for limit in limits):
        return  # compare says what is wrong with them
    last = max(limit for limit in limits if limit is not None)
    for name, (label, row) in zip(check.names, check.places):
        if label == method and row > last:
            raise InputError(f"the check of {name!r} is of step {row}, but {method} has {last}")
