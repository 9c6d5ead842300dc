"""A problem along a coordinate, such as a bond length: each point starts from its neighbour's.

Points are gone through upwards, and, if asked for, back downwards from where that has ended, and
from where each problem starts by itself; then the lowest energy counts. What is done is saved after
every run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from os import PathLike
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, UnknownNameError, shown
from qng.optimize.methods import method as method_of
from qng.plan.shots import Shots
from qng.plan.shots import checked as checked_shots
from qng.problem.molecule import Options
from qng.problem.molecule.atoms import read_atoms, words_of
from qng.problem.molecule.zmatrix import unit_at
from qng.problem.problem import Problem
from qng.run.recipe import now, versions
from qng.run.saved import load_run, writable
from qng.run.scanned import Scan, ScanSetting
from qng.run.scanning import PLACE, Scanning, Told, atoms_at
from qng.seeds import Key, key_of

_ANSATZ: Final = "uccsd"


def scan(
    of: str | Callable[[float], Problem],
    values: ArrayLike,
    method: Any = "qng",
    *,
    molecule: Options | Mapping[str, Any] | None = None,
    levels: int = 1,
    within: Mapping[Any, float] | None = None,
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
        of: Atoms with {r} for the coordinate, as "N 0 0 0; N 0 0 {r}", or "O; H 1 0.96; H 1 0.96 2
            {r}" for an angle; or a function of a number that returns a problem, whose circuits have
            parameters of the same names.
        values: Of the coordinate, shape (points,), in the order in which they are gone through.
        method: As of `minimize`.
        molecule: Options of the molecule, by the names of the arguments of `qng.molecule`; the
            ansatz is "uccsd" by default.
        levels: K, how many levels at every point, all at once: what is minimised is the weighted
            sum of `qng.excited.subspace`, and `Scan.levels` are the energies of its states.
        within: Of several levels: symmetries, or their names in the problems, with their values;
            by default the electrons and S_z of a molecule whose circuit conserves them.
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
        QngError: Nothing converges at any point.
        Exception: Whatever happens at a point; the scan so far is its attribute `partial`.

    Warns:
        UserWarning: Hartree-Fock does not converge at a point: it is `missing`, the others go on.

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
        levels,
        within,
    )
    kept = None if save is None else writable(save)
    if isinstance(of, str):
        _check_atoms(of, setting)
    options = _options(molecule) if isinstance(of, str) else None
    known = _known(kept, setting)
    return Scanning(
        of, options, setting, method, hyperparameters, executor, known, kept, watch, told
    ).done()


def _check_atoms(atoms: str, setting: ScanSetting) -> None:
    """Read the atoms at every value, before any is computed.

    Raises:
        InputError: They are not possible at one.
    """
    for value in setting.values.tolist():
        try:
            read_atoms(atoms_at(atoms, value), None, setting.molecule["unit"])
        except InputError as error:
            raise InputError(f"r = {value:g}: {error}") from error


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
    levels: int,
    within: Mapping[Any, float] | None,
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
        coordinate="value" if options is None else coordinate(called, options.unit),
        versions=versions(),
        date=now(),
        levels=checks.whole("levels", levels, 1),
        within=_sector(within, levels),
    )


def _sector(within: Any, levels: int) -> tuple[tuple[PauliSum | str, float], ...]:
    """Symmetries, or names, with their values.

    Raises:
        InputError: Another thing, or one level only.
    """
    if within is None:
        return ()
    if levels == 1:
        raise InputError("within is for several levels: give levels=2, or leave it out")
    if not isinstance(within, Mapping) or not all(isinstance(s, (str, PauliSum)) for s in within):
        raise InputError(f"within is symmetries with their values, not {shown(within)}")
    return tuple((s, checks.real("the value of a symmetry", v)) for s, v in within.items())


def coordinate(atoms: str, unit: str) -> str:
    """Such as "r (angstrom)"; in a Z-matrix "r (degrees)"."""
    found = unit_at(words_of(atoms), PLACE, unit)
    return f"r ({found})" if found else "r"


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
