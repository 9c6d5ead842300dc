"""A scan on its way: the problem at every value, its runs, and what is saved after each."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.errors import InputError, QngError, shown
from qng.problem.molecule import (
    Molecule,
    NotConvergedError,
    Options,
    built,
    gap_of,
    orbitals_of,
)
from qng.problem.molecule.orbitals import Orbitals
from qng.problem.problem import Problem
from qng.run.excited.along import several
from qng.run.minimize import minimize
from qng.run.scanned import Scan, ScanPoint, ScanSetting
from qng.seeds import extended

PLACE: Final = "{r}"
"""What stands for the coordinate in the text of atoms."""

# Between active orbitals and those beside them, in Hartree.
_GAP: Final = 0.02

WAYS: Final = ("up", "down", "own")
"""Whence a point has its start: from the one before it, the one after it, or from its problem."""

Told = Callable[[int, int, str], None]
"""Told (runs that are done, of how many, a note)."""


def atoms_at(text: str, value: float) -> str:
    """The text of the atoms at a value of the coordinate."""
    return text.replace(PLACE, repr(value))


@dataclass
class Scanning:
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
            along = self.setting.values.tolist()
            self.points = {along.index(point.value): point for point in self.known.points}
            self.setting = self.known.setting  # when it began
            self.title, self.unit = self.known.title, self.known.unit
        self.orbitals: dict[int, Orbitals] = {}
        self.missing: dict[int, str] = {}
        # The first point starts by itself, and the last one is where the way back begins.
        n = len(self.setting.values)
        self.total = n + (n - 1) * (self.setting.both + self.setting.own)

    def done(self) -> Scan:
        """All points, or those before an interrupt."""
        n = len(self.setting.values)
        try:
            for k in range(n):
                first = not self.points
                self._tried(k, max((p for p in self.points if p < k), default=-1))
                if not first and k in self.points and self.setting.own:
                    self._point(k, "own", -1)
            if self.setting.both:
                there = sorted(self.points)
                for k, after in reversed(list(pairwise(there))):
                    self._point(k, "down", after)
            if not self.points:
                raise QngError(f"no point of the scan can be made: {self.missing[0]}")
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

    def _tried(self, k: int, before: int) -> None:
        """One point on the way up, or why it is missing."""
        try:
            self._point(k, "up", before)
        except NotConvergedError as error:
            self.missing[k] = str(error)
            note = f"{self._place(k)} is missing: {error}"
            self.told(sum(len(point.runs) for point in self.points.values()), self.total, note)
            warnings.warn(note, stacklevel=4)

    def _place(self, k: int) -> str:
        """Such as "r = 1.1"."""
        return f"{self.setting.coordinate.split()[0]} = {self.setting.values[k]:g}"

    def _so_far(self, interrupted: str) -> Scan:
        count = sum(len(point.runs) for point in self.points.values())
        cut = f"{interrupted} after {count} of {self.total} runs" if interrupted else ""
        points = tuple(self.points[k] for k in sorted(self.points))
        missing = {f"{self.setting.values[k]:g}": why for k, why in self.missing.items()}
        return Scan(self.title, self.setting, points, cut, self.unit, missing)

    def _point(self, k: int, way: str, before: int) -> None:
        """One run, from the point of a neighbour."""
        if k in self.points and way in self.points[k].runs:
            return
        count = sum(len(point.runs) for point in self.points.values())
        value = float(self.setting.values[k])
        place = self._place(k)
        self.told(count, self.total, place)
        if k in self.points:
            problem, reference, levels = self._again(k)
        else:
            problem, reference, levels = self._made(k, value)
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
        self.points[k] = ScanPoint(value, reference, runs, levels)
        found = self._so_far("" if count + 1 == self.total else "going on")
        if self.save is not None:
            found.save(self.save)
        self.told(count + 1, self.total, f"{place}: {run.fun:.6f}")
        if self.watch is not None:
            self.watch(found)

    def _made(self, k: int, value: float) -> tuple[Problem, float | None, Array | None]:
        """(problem, energy of the reference determinant, exact levels of several) at a value."""
        within: dict[Any, float] = dict(self.setting.within)
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
            within = within or _sector(molecule)
        if not self.title:
            self.title, self.unit = found.title or found.name, found.unit
        name = f"{self.setting.coordinate.split()[0]}={value:g}"
        named = replace(found, name=name)
        if self.setting.levels == 1:
            return named, energy, None
        both, levels = several(named, self.setting.levels, within)
        return both, energy, levels

    def _again(self, k: int) -> tuple[Problem, float | None, Array | None]:
        """The problem of a point that has a run."""
        made = self.points[k].runs["up"].made
        assert made is not None  # of `minimize`
        assert isinstance(made.problem, Problem)
        return made.problem, self.points[k].hartree_fock, self.points[k].levels

    def _molecule(self, k: int, value: float) -> Molecule:
        assert self.options is not None
        # Where a neighbour gives the start, none is computed.
        options = self.options
        if k > 0 and options.is_fermionic and not self.setting.own:
            options = replace(options, start="hf")
        return built(self._atoms(value), None, options, like=self._beside(k))

    def _beside(self, k: int) -> Orbitals | None:
        """The orbitals that those of a point follow: of the neighbour towards the anchor."""
        step = -1 if k > self._anchor else 1
        while k != self._anchor:
            k += step
            try:
                return self._orbitals(k)
            except NotConvergedError:  # then of the one behind it
                continue
        return None

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
            try:
                gap = gap_of(self._alone(k), self._atoms(float(value)), self.options)
            except NotConvergedError:
                gap = -np.inf
            gaps.append(gap)
            if gaps[-1] > _GAP:
                return k
        return int(np.argmax(gaps))

    def _atoms(self, value: float) -> str:
        return atoms_at(str(self.of), value)

    def _carried(self, before: int, problem: Problem) -> Array | None:
        """The best point of a neighbour, by names of parameters; None where it has failed."""
        run = self.points[before].run
        neighbour = None if run.made is None else run.made.problem
        if run.failed or not np.all(np.isfinite(run.x)) or not isinstance(neighbour, Problem):
            return None
        there = dict(zip(neighbour.parameters, run.x.tolist()))
        if self.options is not None and self.options.is_fermionic:
            # Names are those of excitations: one that a symmetry has left out had no amplitude.
            return np.array([there.get(name, 0.0) for name in problem.parameters])
        # On other qubits, parameters of the same names are others.
        if neighbour.circuit.n_qubits != problem.circuit.n_qubits:
            return None
        own = dict(zip(problem.parameters, problem.initial.tolist()))
        return np.array([there.get(name, value) for name, value in own.items()])


def _sector(molecule: Molecule) -> dict[str, float]:
    """The electrons and the spin of a molecule, where its circuit conserves them."""
    if not molecule.options.is_fermionic:
        return {}
    up, down = molecule.integrals.electrons
    values = {"N": float(up + down), "Sz": (up - down) / 2}
    return {name: values[name] for name, _ in molecule.problem.symmetries if name in values}
