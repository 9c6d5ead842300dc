"""The pages of methods and estimators, made of what `qng methods` and `qng estimators` print."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from written import escaped, page, shown, table

import qng
from qng.errors import InputError
from qng.estimate import table as tables
from qng.report import catalogue
from qng.report.literature import TEXTS
from qng.report.sources import Source


def methods() -> str:
    about = (
        "Every method by the name that [`qng.minimize`][qng.minimize] and `--methods` take. What a "
        "step costs is said of H2 (4 qubits, 12 parameters, 15 words in the observable) from "
        "shots; [that counts](../explanation/costs.md) circuits and points. "
        "`qng methods NAME` prints the same."
    )
    found = catalogue.methods()
    parts = []
    for title, kind in (
        ("M dtheta = -eta s", "method"),
        ("Controls, which are not of this form", "control"),
    ):
        parts += [f"## {title}", *(_method(entry) for entry in found if entry.kind == kind)]
    return page("Methods", about, parts, boost=1.4)


def _method(entry: catalogue.Entry) -> str:
    linked = [_cited(TEXTS[key]) if key in TEXTS else line for key, line in _sourced(entry)]
    costs = {**entry.cost, "a step on H2": step} if (step := _step(entry.name)) else entry.cost
    return "\n\n".join([f"### {entry.name} {{ #{entry.name} }}", *_said(entry, costs, linked)])


def _sourced(entry: catalogue.Entry) -> list[tuple[str, str]]:
    """The keys and the lines of the sources of an entry; a line without a key has "" for it."""
    keys = entry.keys or ("",) * len(entry.references)
    return list(zip(keys, entry.references))


def _step(name: str) -> str:
    """Circuits and points of one step on H2, from shots; "" where that is not known before."""
    try:
        step = qng.step_cost("h2", name, shots=100_000).step
    except InputError:
        return ""
    return f"{step.circuits} circuits at {step.points} points"


def estimators() -> str:
    about = (
        "Every estimator by the name that [`qng.metric`][qng.metric], "
        "[`qng.gradient`][qng.gradient], `metric=` and `gradient=` take. An option is a keyword "
        'argument of the same calls, or of `By("blocks", rule="wires")`. Where there are two '
        "variants, one is had without shots and the other from counted bits; with more and more "
        "shots they agree. `qng estimators NAME` prints the same."
    )
    found = catalogue.estimators()
    parts = []
    for title, kind in (
        ("Metrics", "metric"),
        ("Gradients", "gradient"),
        ("Hessian", "hessian"),
        ("Berry curvature", "curvature"),
    ):
        parts += [f"## {title}", *(_estimator(entry) for entry in found if entry.kind == kind)]
    return page("Estimators", about, parts, boost=2)


_TABLES: dict[str, Mapping[str, Any]] = {
    "metric": tables.METRICS,
    "gradient": tables.GRADIENTS,
    "hessian": tables.HESSIANS,
    "curvature": tables.BERRY,
}


def _estimator(entry: catalogue.Entry) -> str:
    row = _TABLES[entry.kind][entry.name]
    anchor = f"{entry.kind}-{entry.name.replace('+', '-and-')}"
    had = f"Had: {' and '.join(entry.had)}." + (" It draws directions." if row.random else "")
    parts = [f"### {entry.name} {{ #{anchor} }}", *_said(entry, entry.cost, entry.references, had)]
    variants = [
        _bare(f.func if isinstance(f, partial) else f) for f in (row.exact, row.sampled) if f
    ]
    text = "\n\n".join(dict.fromkeys(variants))
    return "\n\n".join([*parts, '??? note "Arguments and what is returned"', _indented(text)])


def _said(
    entry: catalogue.Entry, costs: Mapping[str, str], references: Iterable[str], had: str = ""
) -> list[str]:
    """What an entry of the catalogue says, paragraph by paragraph."""
    parts = [entry.title, entry.text, had]
    if entry.options:
        rows = [
            (f"`{o.name}`", f"`{_default(o.default)}`", o.unit, escaped(o.meaning))
            for o in entry.options
        ]
        parts.append(table(("option", "default", "unit", "meaning"), rows))
    lines = [f"{how}: {cost}" if how else cost for how, cost in costs.items()]
    if lines:
        parts.append(f"Cost: {'; '.join(line.removesuffix('.') for line in lines)}.")
    cited = "; ".join(line.removesuffix(".") for line in references if line)
    if cited:
        parts.append(f"Source: {cited}.")
    parts.append(f"```python\n{entry.example}\n```")
    if entry.command:
        parts.append(f"```sh\n{entry.command}\n```")
    return [part for part in parts if part]


def _default(value: object) -> str:
    """A default as one writes it: 0.3, not 0.30000000000000004."""
    return f"{value:g}" if isinstance(value, float) else repr(value)


def _cited(source: Source) -> str:
    return f"[{escaped(source.line())}](sources.md#{source.key})"


def _bare(function: Callable[..., Any]) -> str:
    """The docstring of a function under a heading that stands already."""
    name = f"{function.__module__}.{function.__qualname__}"
    return shown(name, show_root_heading="false", show_root_toc_entry="false")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else line for line in text.splitlines())
