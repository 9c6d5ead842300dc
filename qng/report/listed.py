"""The catalogue of methods and estimators as tables, and as data for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from qng.errors import InputError, UnknownNameError
from qng.report import cells
from qng.report.catalogue import Entry, Option
from qng.report.data import plain

_SHOTS: Final = 10_000


def table(entries: Sequence[Entry]) -> RenderableType:
    """One line an entry: name, defaults, what it is, where it comes from."""
    estimators = any(entry.had for entry in entries)
    heads = ["name", "of"] if estimators else ["name"]
    heads += ["options" if estimators else "hyperparameters", "what it is", "source"]
    rows = [
        [
            entry.name,
            *([entry.kind + _where(entry)] if estimators else []),
            ", ".join(map(str, entry.options)),
            entry.title.removesuffix("."),
            entry.cited,
        ]
        for entry in entries
    ]
    found = cells.frame()
    for head in heads:
        found.add_column(head, no_wrap=head in ("name", "of"))
    for row in rows:
        # On a narrow terminal lines are cut, names are not.
        found.add_row(*(Text(cell, no_wrap=True, overflow="ellipsis") for cell in row))
    return found


def detail(entry: Entry, cost: str = "") -> list[RenderableType]:
    """One entry, with all that is known about it.

    Args:
        entry: The entry.
        cost: What it costs where that was counted, besides what is said of it.
    """
    shown: list[RenderableType] = [f"{entry.name} ({entry.kind}): {entry.title}", ""]
    if entry.text:
        shown += [Padding(_lines(entry.text), (0, 0, 0 if entry.options else 1, 2))]
    if entry.options:
        shown += [_options(entry.options)]
    costs = [f"{how}: {text}" if how else text for how, text in entry.cost.items()]
    costs += [cost] if cost else []
    lines = [
        ("had", " and ".join(entry.had)),
        *_under("cost", costs),
        *_under("source", entry.references),
        ("example", entry.example),
        ("", entry.command),
        ("cite", f"qng cite {entry.name}" if entry.keys else ""),
    ]
    return [*shown, cells.pairs([line for line in lines if line[1]])]


def data(entry: Entry) -> dict[str, Any]:
    """One entry for JSON."""
    options = [
        {"name": o.name, "default": o.default, "meaning": o.meaning, "unit": o.unit}
        for o in entry.options
    ]
    return plain(
        {
            "name": entry.name,
            "kind": entry.kind,
            "title": entry.title,
            "text": entry.text,
            "options": options,
            "cost": dict(entry.cost),
            "references": entry.references,
            "keys": entry.keys,
            "had": entry.had,
            "example": entry.example,
            "command": entry.command,
        }
    )


def step_on_h2(name: str) -> str:
    """What the first step of a method takes on H2 from shots, in one line.

    Raises:
        UnknownNameError: No such method.
    """
    from qng.run.preview import step_cost

    try:
        cost = step_cost("h2", name, shots=_SHOTS)
    except UnknownNameError:
        raise
    except InputError as error:
        return str(error)
    parts = ", ".join(f"{part} {of.circuits} / {of.points}" for part, of in cost.parts.items())
    rounds = len(cost.search)
    more = f"; a search of {rounds} further rounds" if rounds > 1 else ""
    more = "; a search of one further round" if rounds == 1 else more
    if rounds and "energies" in cost.parts:
        more = f", and {rounds} further batches"
    return (
        f"a step on h2 (12 parameters) from shots: {cost.step.circuits} circuits at "
        f"{cost.step.points} points ({parts}){more}"
    )


def _where(entry: Entry) -> str:
    """Where an estimator can be had, if not everywhere."""
    return "" if len(entry.had) != 1 else f", {entry.had[0].partition(' ')[0]}"


def _under(key: str, lines: Sequence[str]) -> list[tuple[str, str]]:
    """Lines of a table of pairs, of which the first has the key."""
    return [("" if k else key, line.removesuffix(".")) for k, line in enumerate(lines)]


def _lines(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines())


def _options(options: Sequence[Option]) -> RenderableType:
    found = cells.frame()
    for head in ("option", "default", "unit", "meaning"):
        found.add_column(head, overflow="fold", no_wrap=head == "option")
    for option in options:
        default = str(option).partition("=")[2]
        cells.add(found, [option.name, default, option.unit or "-", option.meaning])
    return found
