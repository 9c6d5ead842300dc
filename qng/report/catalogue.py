"""Every method and every estimator, as the package itself describes it.

What is said here stands elsewhere, once: names in the tables of `qng.optimize` and `qng.estimate`,
defaults in signatures, formulas, costs and references in docstrings, meanings of hyperparameters in
`optimize.hyperparameters`, and the sources of a method in its parts (`cite`).
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from qng.errors import UnknownNameError
from qng.estimate.observables.metric import is_in_units_of_h
from qng.estimate.table import BERRY, GRADIENTS, HESSIANS, METRICS
from qng.geometry import AdaptiveShift
from qng.optimize.hyperparameters import MEANINGS
from qng.optimize.method import Method
from qng.optimize.methods import CONTROLS, METHODS
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import Euclidean, MeasuredMetric
from qng.optimize.quiver import Quiver
from qng.optimize.search.trust import AdaptiveTrustRegion
from qng.optimize.signal import NormalisedMomentum
from qng.plan.estimator import Estimator
from qng.plan.quantities import By
from qng.report import docstrings
from qng.report.cite import of_method

_GIVEN: Final = ("circuit", "observable", "theta", "seed")
"""Arguments of an estimator that are no options of it."""

_GUARDED: Final = """\
Steps are no longer than `trust`, follow the decreases that they bring, and are undone where they
go up: that is ours. trust=inf gives the method as published."""


@dataclass(frozen=True)
class Option:
    """A hyperparameter of a method, or an option of an estimator.

    Args:
        name: As it is given.
        default: Its value where it is not given.
        meaning: In one line.
        unit: Of a number that has one, in terms of radians and the unit E of the energy.
    """

    name: str
    default: Any
    meaning: str = ""
    unit: str = ""

    def __str__(self) -> str:
        shown = f"{self.default:g}" if isinstance(self.default, float) else str(self.default)
        return f"{self.name}={shown}"


@dataclass(frozen=True)
class Entry:
    """A method or an estimator.

    Args:
        name: By which it is asked for.
        kind: "method" or "control" (not of the form M dtheta = -eta s); "metric", "gradient",
            "hessian" or "curvature", what an estimator stands for.
        title: What it is, in one line, with its formula where that is short.
        text: More, with formulas in lines of their own.
        options: In the order of the signature.
        cost: In words, by how it is had: "", or "exact" and "from shots" where they differ.
        references: One line each, as they are cited.
        cited: In a few words, for a table.
        keys: Of `qng cite`, where it has them.
        example: A call.
        command: The same on the command line; "" where there is none.
        had: Without shots ("exact"), with them ("from shots"), or both; of estimators.
    """

    name: str
    kind: str
    title: str
    text: str
    options: tuple[Option, ...]
    cost: Mapping[str, str]
    references: tuple[str, ...]
    cited: str
    keys: tuple[str, ...]
    example: str
    command: str
    had: tuple[str, ...] = ()


def methods() -> tuple[Entry, ...]:
    """All methods by name, and the controls after them.

    Example:
        >>> entry = methods()[0]
        >>> entry.name, entry.title, [str(option) for option in entry.options]
        ('gd', 'Gradient descent: M = 1, s = grad.', ['lr=0.1'])
    """
    tables = (("method", METHODS), ("control", CONTROLS))
    return tuple(_method(kind, *row) for kind, table in tables for row in table.items())


def estimators() -> tuple[Entry, ...]:
    """All estimators: of metrics, then of gradients, Hessians and the Berry curvature.

    Example:
        >>> [entry.name for entry in estimators() if entry.kind == "gradient"]
        ['exact', 'parameter-shift', 'finite-difference', 'spsa']
    """
    tables: tuple[tuple[str, Mapping[str, Estimator[Any]]], ...] = (
        ("metric", {name: row for name, row in METRICS.items() if name not in HESSIANS}),
        ("gradient", GRADIENTS),
        ("hessian", HESSIANS),
        ("curvature", BERRY),
    )
    return tuple(_estimator(kind, *row) for kind, table in tables for row in table.items())


def entries(what: str, name: str) -> tuple[Entry, ...]:
    """Those of a name: one method, or every estimator that is called so.

    Args:
        what: "method" or "estimator".
        name: Of the tables.

    Raises:
        UnknownNameError: There is none.
    """
    known = methods() if what == "method" else estimators()
    found = tuple(entry for entry in known if entry.name == name)
    if not found:
        raise UnknownNameError(what, name, dict.fromkeys(entry.name for entry in known))
    return found


def _method(kind: str, name: str, make: Callable[..., Method]) -> Entry:
    said, made = docstrings.read(make), make()
    options = tuple(
        Option(
            key,
            parameter.default,
            _meaning(said.arguments.get(key) or MEANINGS.get(key, "")),
            _unit(key, made, said.arguments),
        )
        for key, parameter in inspect.signature(make).parameters.items()
    )
    sources = of_method(made)
    lines = tuple(source.line() for source in sources) or (said.line("Reference"),)
    shown = ", ".join(f"{option.name}={option.default!r}" for option in options[:2])
    first = f" --lr {options[0].default:g}" if options and options[0].name == "lr" else ""
    cost = said.line("Cost") or (
        "" if kind == "method" else docstrings.read(type(made)).line("Cost")
    )
    return Entry(
        name,
        kind,
        said.summary,
        "\n\n".join(filter(None, [said.text, _steps(made)])),
        options,
        {"": cost} if cost else {},
        lines,
        sources[0].short() if sources else _first(lines[0]),
        tuple(source.key for source in sources),
        f'qng.minimize("h2", "{name}"{", " if shown else ""}{shown})',
        f"qng run h2 --optimizer {name}{first}",
    )


def _steps(method: Method) -> str:
    """What is ours about the steps of a method."""
    ours = isinstance(getattr(method, "search", None), AdaptiveTrustRegion)
    return _GUARDED if ours else ""


def _unit(name: str, method: Method, own: Mapping[str, str]) -> str:
    """The unit of a hyperparameter, which depends on what M is."""
    if isinstance(method, Quiver):
        return {"lr": "rad^2/E", "smoothness": "E/rad^2"}.get(name, "")
    if not isinstance(method, Optimizer) or name not in ("lr", "damping", "last", "eps"):
        return ""
    if name == "eps":
        if isinstance(method.solve, AdaptiveShift):
            return "1/E"
        return "" if name in own else "E/rad"
    metric = method.precondition
    if not isinstance(metric, MeasuredMetric):
        return "rad^2/E" if isinstance(metric, Euclidean) else "rad"
    by = By.of(metric.by)
    if by.estimator in ("hessian", "gauss-newton") or is_in_units_of_h(by):
        return "" if name == "lr" else "E/rad^2"
    if by.estimator in ("linear-method", "projected-inverse") and name == "lr":
        return ""
    if name != "lr":
        return "1/rad^2"
    return "1/rad" if isinstance(method.signal, NormalisedMomentum) else "1/E"


def _estimator(kind: str, name: str, row: Estimator[Any]) -> Entry:
    had = {"exact": row.exact, "from shots": row.sampled}
    if row.simulated:
        had = {"density matrix": row.exact}
    functions = {how: _bare(f) for how, f in had.items() if f is not None}
    said = {how: docstrings.read(f) for how, f in functions.items()}
    modules = {f.__module__: docstrings.read(sys.modules[f.__module__]) for f in functions.values()}
    costs = {how: of.line("Cost") for how, of in said.items() if of.line("Cost")}
    if len(set(costs.values())) == 1 and len(costs) == len(said):
        costs = {"": next(iter(costs.values()))}
    texts = [of.line("Reference") for of in [*said.values(), *modules.values()]]
    lines = tuple(dict.fromkeys(line for text in texts for line in _apart(text)))
    options = _options(had, said)
    taken = row.options(row.exact is None) or ()
    given = (o for o in options if o.default is not None and o.name in taken)
    shown = "".join(f", {option.name}={option.default!r}" for option in given)
    first = next(iter(said.values()))
    about = [first.text, *(f"{of.summary}\n\n{of.text}" for of in modules.values())]
    call = {"metric": "metric", "gradient": "gradient"}.get(kind)
    return Entry(
        name,
        kind,
        first.summary,
        "\n\n".join(filter(None, about)),
        options,
        costs,
        lines,
        _first(lines[0]) if lines else "",
        (),
        f'qng.{call}("h2", None, "{name}"{shown})' if call else _CALLS[kind],
        f"qng metric h2 --metric {name}" if kind == "metric" else "",
        tuple(functions),
    )


_CALLS: Final = {"hessian": 'qng.hessian("h2")', "curvature": 'qng.berry_curvature("h2")'}


def _bare(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose docstring is read, without what was filled in."""
    return f.func if isinstance(f, partial) else f


def _options(
    had: Mapping[str, Callable[..., Any] | None], said: Mapping[str, docstrings.Docstring]
) -> tuple[Option, ...]:
    """The options of the variants of an estimator; with shots a default may be another one."""
    found: dict[str, Option] = {}
    for how, f in had.items():
        if f is None:
            continue
        for name, parameter in inspect.signature(f).parameters.items():
            if name in _GIVEN:
                continue
            meaning = said[how].arguments.get(name, "")
            before = found.get(name)
            if before is None:
                where = f"{how} only; " if how == "from shots" and had["exact"] is not None else ""
                text = where + _meaning(meaning or MEANINGS.get(name, ""))
                found[name] = Option(name, parameter.default, text)
            elif before.default != parameter.default and parameter.default is not None:
                text = f"{before.meaning} ({how}: {parameter.default})"
                if before.default is not None:
                    found[name] = Option(name, before.default, text)
    return tuple(found.values())


def _meaning(said: str) -> str:
    """What a docstring says of an argument, as part of a line."""
    is_word = len(said) > 1 and said[1].islower()
    return (said[0].lower() + said[1:] if is_word else said).removesuffix(".")


def _apart(text: str) -> Iterator[str]:
    """The references of a text, one at a time."""
    for part in text.removesuffix(".").split("; "):
        if part:
            yield part


def _first(reference: str) -> str:
    """A reference for a table."""
    return reference.partition(", such as")[0].partition(" (")[0].removesuffix(".")
