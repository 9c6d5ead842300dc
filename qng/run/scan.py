"""A problem along a coordinate, such as a bond length: each point starts from its neighbour's.

Points are gone through upwards, and, if asked for, back downwards from where that has ended, and
from where each problem starts by itself; then the lowest energy counts. What is done is saved after
every run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, UnknownNameError, shown
from qng.optimize.methods import method as method_of
from qng.plan.shots import Shots
from qng.plan.shots import checked as checked_shots
from qng.problem.molecule import Molecule, Options, built, gap_of, orbitals_of
from qng.problem.molecule.orbitals import Orbitals
from qng.problem.problem import Problem
from qng.run.minimize import minimize
from qng.run.recipe import now, versions
from qng.run.saved import load_run, writable
from qng.run.scanned import Scan, ScanPoint, ScanSetting
from qng.seeds import Key, extended, key_of

PLACE: Final = "{r}"
"""What stands for the coordinate in the text of atoms."""

_ANSATZ: Final = "uccsd"

# Between active orbitals and those beside them, in Hartree.
_GAP: Final = 0.02

WAYS: Final = ("up", "down", "own")
"""Whence a point has its start: from the one before it, the one after it, or from its problem."""

Told = Callable[[int, int, str], None]
"""Told (runs that are done, of how many, a note)."""


def scan(
    of: str | Callable[[float], Problem],
    values: ArrayLike,
    method: Any = "qng",
    *,
    molecule: Options | Mapping[str, Any] | None = None,
    both: bool = False,
    own: bool = False,
    steps: int = 100,
    tol: float | None = 1e-6,
    seed: Key = 0,
    executor: Any = "statevector",
    shots: Shots | None = None,
    save: str | PathLike[str] | None = None,
    watch: Callable[[Scan], None] | None = None,
    told: Told = lambda done, total, note: None,
    **hyperparameters: Any,
) -> Scan:
    """Minimise a problem along a coordinate, each point from the best one of its neighbour.

    Orbitals of a molecule follow those of the neighbour, so that parameters keep their meaning.
    The first point starts where the problem does. An active space is chosen where its orbitals are
    apart from those beside it, and followed from there.

    Args:
        of: Atoms with {r} for the coordinate, as "N 0 0 0; N 0 0 {r}"; or a function of a number
            that returns a problem, whose circuits have parameters of the same names.
        values: Of the coordinate, shape (points,), in the order in which they are gone through.
        method: As of `minimize`.
        molecule: Options of the molecule, by the names of the arguments of `qng.molecule`; the
            ansatz is "uccsd" by default.
        both: Go back as well, from the last point to the first, and keep the lower energy. For
            exact energies: the lower of two that scatter is biased.
        own: Start at every point from where its problem starts as well, such as MP2, and keep the
            lower energy; likewise.
        steps: Most updates at a point.
        tol: As of `minimize`.
        seed: Of everything that is drawn; every point has its own stream.
        executor: As of `minimize`.
        shots: Likewise.
        save: A file, written after every point. One that holds the same scan is gone on with:
            nothing that is there is computed again.
        watch: Told of the scan so far after every point; raise StopIteration to end it.
        told: Told how many runs are done, of how many, and what is being done.
        hyperparameters: Of a method given by name.

    Returns:
        The scan; after Ctrl-C with the points that are done (`interrupted`).

    Raises:
        InputError: Bad input, or a file that holds something else, before anything is computed.
        Exception: Whatever happens at a point; the scan so far is its attribute `partial`.

    Cost: that of `minimize`, one to three times a point, and of Hartree-Fock and full configuration
    interaction at every point.

    Example:
        >>> import qng
        >>> from qng.problem.library import load
        >>> ising = lambda h: qng.Problem(load("tfim-8").circuit, {"Z0 Z1": -1.0, "X0": -h})
        >>> curve = scan(ising, [0.5, 1.0], steps=2)
        >>> len(curve), curve.values.tolist()
        (2, [0.5, 1.0])
    """
    setting = _setting(
        of,
        values,
        method,
        hyperparameters,
        molecule,
        (both, own),
        steps,
        tol,
        seed,
        executor,
        shots,
    )
    kept = None if save is None else writable(save)
    options = _options(molecule) if isinstance(of, str) else None
    known = _known(kept, setting)
    return _Going(
        of, options, setting, method, hyperparameters, executor, known, kept, watch, told
    ).done()


@dataclass
class _Going:
    """A scan on its way."""

    of: Any
    options: Options | None
    setting: ScanSetting
    method: Any
    hyperparameters: Mapping[str, Any]
    executor: Any
    known: Scan | None
    save: Path | None
    watch: Callable[[Scan], None] | None
    told: Told

    def __post_init__(self) -> None:
        self.points: dict[int, ScanPoint] = {}
        self.title, self.unit = "", ""
        if self.known is not None:
            self.points = dict(enumerate(self.known.points))
            self.setting = self.known.setting  # when it began
            self.title, self.unit = self.known.title, self.known.unit
        self.orbitals: dict[int, Orbitals] = {}
        # The first point starts by itself, and the last one is where the way back begins.
        n = len(self.setting.values)
        self.total = n + (n - 1) * (self.setting.both + self.setting.own)

    def done(self) -> Scan:
        """All points, or those before an interrupt."""
        n = len(self.setting.values)
        try:
            for k in range(n):
                self._point(k, "up", k - 1)
                if k > 0 and self.setting.own:
                    self._point(k, "own", -1)
            if self.setting.both:
                for k in range(n - 2, -1, -1):
                    self._point(k, "down", k + 1)
        except KeyboardInterrupt:
            if not self.points:
                raise
            return self._so_far("interrupted")
        except StopIteration:
            return self._so_far("ended by watch")
        except Exception as error:
            if self.points:
                error.partial = self._so_far("failed")  # type: ignore[attr-defined]
            raise
        return self._so_far("")

    def _so_far(self, interrupted: str) -> Scan:
        count = sum(len(point.runs) for point in self.points.values())
        cut = f"{interrupted} after {count} of {self.total} runs" if interrupted else ""
        points = tuple(self.points[k] for k in sorted(self.points))
        return Scan(self.title, self.setting, points, cut, self.unit)

    def _point(self, k: int, way: str, before: int) -> None:
        """One run, from the point of a neighbour."""
        if k in self.points and way in self.points[k].runs:
            return
        count = sum(len(point.runs) for point in self.points.values())
        value = float(self.setting.values[k])
        place = f"{self.setting.coordinate.split()[0]} = {value:g}"
        self.told(count, self.total, place)
        if k in self.points:
            problem, reference = self._again(k)
        else:
            problem, reference = self._made(k, value)
        start = None if before < 0 else self._carried(before, problem)
        run = minimize(
            problem,
            self.method,
            start=start,
            steps=self.setting.steps,
            tol=self.setting.tol,
            seed=extended(self.setting.seed, k, WAYS.index(way)),
            executor=self.executor,
            shots=self.setting.shots,
            **self.hyperparameters,
        )
        if run.interrupted:
            raise KeyboardInterrupt
        runs = {**self.points[k].runs, way: run} if k in self.points else {way: run}
        self.points[k] = ScanPoint(value, reference, runs)
        found = self._so_far("" if count + 1 == self.total else "going on")
        if self.save is not None:
            found.save(self.save)
        self.told(count + 1, self.total, f"{place}: {run.fun:.6f}")
        if self.watch is not None:
            self.watch(found)

    def _made(self, k: int, value: float) -> tuple[Problem, float | None]:
        """(problem, energy of the reference determinant) at a value."""
        if self.options is None:
            problem = self.of(value)
            if not isinstance(problem, Problem):
                raise InputError(f"a scan is of problems: the function returns {shown(problem)}")
            found, energy = problem, None
        else:
            molecule = self._molecule(k, value)
            assert molecule.orbitals is not None  # of atoms
            self.orbitals[k] = molecule.orbitals
            found, energy = molecule.problem, molecule.hartree_fock
        if not self.title:
            self.title, self.unit = found.title or found.name, found.unit
        name = f"{self.setting.coordinate.split()[0]}={value:g}"
        return replace(found, name=name), energy

    def _again(self, k: int) -> tuple[Problem, float | None]:
        """The problem of a point that has a run."""
        made = self.points[k].runs["up"].made
        assert made is not None  # of `minimize`
        assert isinstance(made.problem, Problem)
        return made.problem, self.points[k].hartree_fock

    def _molecule(self, k: int, value: float) -> Molecule:
        assert self.options is not None
        # Where a neighbour gives the start, none is computed.
        options = self.options
        if k > 0 and options.is_fermionic and not self.setting.own:
            options = replace(options, start="hf")
        return built(self._atoms(value), None, options, like=self._beside(k))

    def _beside(self, k: int) -> Orbitals | None:
        """The orbitals that those of a point follow: of the neighbour towards the anchor."""
        if k == self._anchor:
            return None
        return self._orbitals(k - 1 if k > self._anchor else k + 1)

    def _orbitals(self, k: int) -> Orbitals:
        """The orbitals at a point; of one that was read they are found again."""
        if k not in self.orbitals:
            self.orbitals[k] = self._alone(k, self._beside(k))
        return self.orbitals[k]

    def _alone(self, k: int, like: Orbitals | None = None) -> Orbitals:
        assert self.options is not None
        return orbitals_of(self._atoms(float(self.setting.values[k])), None, self.options, like)

    @cached_property
    def _anchor(self) -> int:
        """The point at which the active space is chosen, by energies, for all of them.

        The first one where it has a gap, and does not take in half of a level; else the one with
        the largest.
        """
        assert self.options is not None
        gaps: list[float] = []
        for k, value in enumerate(self.setting.values):
            gaps.append(gap_of(self._alone(k), self._atoms(float(value)), self.options))
            if gaps[-1] > _GAP:
                return k
        return int(np.argmax(gaps))

    def _atoms(self, value: float) -> str:
        return str(self.of).replace(PLACE, repr(value))

    def _carried(self, before: int, problem: Problem) -> Array | None:
        """The best point of a neighbour, by names of parameters; None where it has failed."""
        run = self.points[before].run
        neighbour = None if run.made is None else run.made.problem
        if run.failed or not np.all(np.isfinite(run.x)) or not isinstance(neighbour, Problem):
            return None
        # Where symmetries have come or gone, parameters of the same names are others.
        if neighbour.circuit.n_qubits != problem.circuit.n_qubits:
            return None
        there = dict(zip(neighbour.parameters, run.x.tolist()))
        own = dict(zip(problem.parameters, problem.initial.tolist()))
        return np.array([there.get(name, value) for name, value in own.items()])


def _setting(
    of: Any,
    values: ArrayLike,
    method: Any,
    hyperparameters: Mapping[str, Any],
    molecule: Any,
    ways: tuple[bool, bool],
    steps: int,
    tol: float | None,
    seed: Key,
    executor: Any,
    shots: Shots | None,
) -> ScanSetting:
    """How a scan is made, checked."""
    if isinstance(of, str):
        if PLACE not in of:
            raise InputError(
                f"the atoms of a scan have {PLACE} for the coordinate, as 'N 0 0 0; N 0 0 {PLACE}'"
            )
        options = _options(molecule)
        called = of
    elif callable(of):
        if molecule is not None:
            raise InputError("a function makes its problems itself: leave molecule out")
        options, called = None, getattr(of, "__qualname__", repr(of))
    else:
        raise InputError(f"a scan is of atoms with {PLACE}, or of a function, not of {shown(of)}")
    along = checks.reals("values", values)
    if along.ndim != 1 or not len(along) or not np.all(np.isfinite(along)):
        raise InputError("values are finite numbers, at least one, in one row")
    if len(set(along.tolist())) < len(along):
        raise InputError("values are given twice")
    checks.whole("steps", steps)
    if tol is not None:
        checks.not_negative("tol", tol)
    for name, wanted in zip(("both", "own"), ways):
        if checks.flag(name, wanted) and shots is not None:
            raise InputError(
                f"the lowest of energies that scatter is biased: with shots leave {name} out"
            )
    given = {key: value for key, value in hyperparameters.items() if value is not None}
    return ScanSetting(
        of=called,
        values=along,
        molecule=_as_mapping(options),
        method=method_of(method, given),
        label=method if isinstance(method, str) else "optimizer",
        steps=int(steps),
        tol=tol,
        both=bool(ways[0]),
        own=bool(ways[1]),
        seed=key_of(seed),
        executor=executor if isinstance(executor, str) else str(getattr(executor, "name", "")),
        shots=checked_shots(shots),
        coordinate="value" if options is None else f"r ({options.unit})",
        versions=versions(),
        date=now(),
    )


def _as_mapping(options: Options | None) -> dict[str, Any]:
    if options is None:
        return {}
    return {f.name: getattr(options, f.name) for f in fields(options)}


def _options(molecule: Any) -> Options:
    if molecule is None:
        return Options(ansatz=_ANSATZ)
    if isinstance(molecule, Options):
        return molecule
    if not isinstance(molecule, Mapping):
        raise InputError(f"molecule holds options by name, not {shown(molecule)}")
    known = [f.name for f in fields(Options)]
    for name in molecule:
        if name not in known:
            raise UnknownNameError("option of a molecule", name, known)
    return Options(**{"ansatz": _ANSATZ, **molecule})


# What does not decide the numbers of a scan.
_ASIDE: Final = ("versions", "date")


def _known(file: Path | None, setting: ScanSetting) -> Scan | None:
    """The scan in a file, where it is the same.

    Raises:
        InputError: It is another one, or something else.
    """
    if file is None or not file.exists():
        return None
    from qng.run.codec import dumps

    found: Any = load_run(file)
    if not isinstance(found, Scan):
        raise InputError(f"{file} holds a {type(found).__name__}, and no scan: give another file")
    for f in fields(setting):
        there, here = (dumps(getattr(s, f.name)) for s in (found.setting, setting))
        if f.name not in _ASIDE and there != here:
            raise InputError(f"{file} holds a scan that differs in {f.name}: give another file")
    return replace(found, interrupted="")


def spread(text: str) -> Sequence[float]:
    """Values from words: "0.9:2.0:12", twelve from 0.9 to 2.0, or "0.9,1.1,1.3".

    Raises:
        InputError: Neither.

    Example:
        >>> list(spread("0.9:1.1:3"))
        [0.9, 1.0, 1.1]
    """
    try:
        if ":" in text:
            first, last, count = text.split(":")
            if int(count) < 1 or (int(count) == 1 and float(first) != float(last)):
                raise ValueError
            # Rounded to what people would write.
            return [float(f"{value:.12g}") for value in np.linspace(
                float(first), float(last), int(count))]  # fmt: skip
        return [float(word) for word in text.split(",")]
    except ValueError as error:
        raise InputError(
            f"values are given as 0.9:2.0:12, twelve from 0.9 to 2.0, or as 0.9,1.1, not {text!r}"
        ) from error
