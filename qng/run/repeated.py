"""What `repeat` returns: whether a result agrees with itself, made again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.run import agree
from qng.run.recipe import machine, versions
from qng.run.results import Run

BITS: Final = "bits"
ROUNDING: Final = "rounding"
STATISTICS: Final = "statistics"
DIFFERENT: Final = "different"


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a result beside the same made again.

    Args:
        name: What it is, such as "qng, start 3".
        largest: The largest difference of its energies, or of its entries.
        moved: The largest difference of its parameters, radians; 0 where it has none.
        equal: Whether everything is equal to the last bit.
        rounded: Whether everything is equal to rounding.
        drawn: Whether chance has a part in it.
        other: What else differs, in words; empty: nothing.
    """

    name: str
    largest: float
    moved: float
    equal: bool
    rounded: bool
    drawn: bool
    other: str = ""

    @staticmethod
    def of(
        name: str,
        values: tuple[Array, Array],
        points: tuple[Array, Array],
        drawn: bool,
        rounding: float,
        other: str = "",
    ) -> Part:
        """Two results compared.

        Args:
            name: What they are.
            values: Energies or entries, recorded and made again.
            points: Parameters, likewise.
            drawn: Whether chance has a part in them.
            rounding: Relative differences that are rounding.
            other: What else differs.
        """
        if values[0].shape != values[1].shape or points[0].shape != points[1].shape:
            return Part(name, np.inf, np.inf, False, False, drawn, other or "another size")
        off, moved = agree.apart(*values), agree.apart(*points)
        largest = float(off.max(initial=0.0))
        rounded = largest <= rounding * agree.scale(values[0])
        return Part(
            name=name,
            largest=largest,
            moved=float(moved.max(initial=0.0)),
            equal=not (off.any() or moved.any() or other),
            rounded=rounded and not other,
            drawn=drawn,
            other=other,
        )


def part_of_run(name: str, run: Run, after: Run) -> Part:
    """A run beside the same made again."""
    assert run.made is not None
    drawn = run.made.shots is not None or any(row.std_error for row in run.trace.rows)
    # A run that was cut has no fresh energy at its last point.
    rows = run.nit if run.interrupted and drawn else run.nit + 1
    other = ""
    if after.nit != run.nit:
        other = f"it ended after {after.nit} steps, not after {run.nit}"
    elif after.failed != run.failed:
        other = f"it {'failed' if after.failed else 'did not fail'}: {after.message}"
    elif not np.array_equal(run.x, run.trace.rows[-1].theta, equal_nan=True):
        other = "its last point x is not the one that its trace ends at"
    before, now = (_numbers(of, rows, rows == run.nit + 1) for of in (run, after))
    return Part.of(
        name,
        (before[0], now[0]),
        (before[1], now[1]),
        drawn,
        agree.rounding(name_of(run.made)),
        other,
    )


def _numbers(run: Run, rows: int, whole: bool) -> tuple[Any, Any]:
    """The energies of a run, with that at its end where it is whole, and its points."""
    end = [run.fun] if whole else []
    points = np.concatenate([run.trace["theta"].ravel(), run.x.ravel()])
    return np.append(run.trace["energy"][:rows], end), points


def name_of(made: Any) -> str:
    """What the executor is called by which it is made again."""
    settings: Mapping[str, Any] = made.settings
    return str(settings.get("name", made.executor))


@dataclass(frozen=True, eq=False)
class Repeat:
    """A result beside the same made again.

    Args:
        kind: What was saved, such as "Run".
        agrees: Whether it agrees.
        ground: "bits", "rounding" or "statistics" of those that agree; else "different".
        largest: The largest difference of energies, or of entries.
        message: All of it in one line.
        parts: What was compared.
        result: What was made again.
        p_value: Of the statistics: how likely draws of one law are so far apart; else None.
        level: Of results that are the same, so many are called different; None where nothing was
            judged by statistics.
        draws: Fresh results that were made for the statistics, in all.

    Example:
        >>> import qng
        >>> found = qng.repeat(qng.minimize("one-qubit", "qng", steps=3))
        >>> found.agrees, found.ground
        (True, 'bits')
    """

    kind: str
    agrees: bool
    ground: str
    largest: float
    message: str
    parts: tuple[Part, ...]
    result: Any
    p_value: float | None = None
    level: float | None = None
    draws: int = 0

    def __bool__(self) -> bool:
        """Whether it agrees."""
        return self.agrees


def elsewhere(made: Any) -> list[str]:
    """What of versions, processor and threads is not as it was, in words."""
    here = versions()
    other = [
        f"{name} {version} (here {here.get(name, 'missing')})"
        for name, version in made.versions.items()
        if here.get(name) != version
    ]
    if made.machine and made.machine != machine():
        other.append(f"{made.machine} (here {machine()})")
    return other


def ground_of(parts: Sequence[Part]) -> str:
    """On which ground parts agree without statistics, or that they differ."""
    if all(part.equal for part in parts):
        return BITS
    return ROUNDING if all(part.rounded for part in parts) else DIFFERENT


def in_words(ground: str, parts: Sequence[Part], made: Any, unit: str) -> str:
    """A verdict without statistics, in one line."""
    drawn = any(part.drawn for part in parts)
    counted = "counts" if getattr(made, "shots", None) is not None else "draws"
    what = f"the same {counted}, hence " if drawn else ""
    if ground == BITS:
        return f"agrees: {what}equal to the last bit"
    largest = max(part.largest for part in parts)
    moved = max(part.moved for part in parts)
    size = f"{largest:.1e} {unit}".strip()
    size += f", {moved:.1e} rad in the parameters" if moved else ""
    if ground == ROUNDING:
        return f"agrees: {what}equal to rounding, the largest difference is {size}"
    worst = next((p for p in parts if p.other), max(parts, key=lambda part: part.largest))
    where = f" ({worst.name})" if worst.name else ""
    why = worst.other or f"the largest difference is {size}, more than rounding"
    changed = elsewhere(made)
    hint = f"; it was made with {', '.join(changed)}" if changed else ""
    return f"differs{where}: {why}{hint}"
