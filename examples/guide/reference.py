"""The pages of the reference, made of what the package knows of itself.

Docstrings are taken in by mkdocstrings (`::: name`); from the tables come names, defaults, options,
sources and costs. A new method, estimator, command or public name is on its page by itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

import click
import typer

import qng
from qng.cli import application
from qng.errors import QngError
from qng.estimate import table
from qng.optimize import methods
from qng.optimize.optimizer import Optimizer
from qng.report.cite import of_method
from qng.report.literature import TEXTS
from qng.report.sources import Source

# The title of a page, what stands under it, and the modules whose public names it has.
_ROOMS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "ansatz": ("qng.ansatz", "The geometry of an ansatz.", ("qng.run.ansatz",)),
    "hamiltonians": ("qng.hamiltonians", "Usual observables.", ("qng.problem.hamiltonians",)),
    "circuit": ("qng.circuit", "Circuits, operations, words.", ("qng.circuit",)),
    "geometry": ("qng.geometry", "Metrics as values, and solvers of M d = s.", ("qng.geometry",)),
    "estimate": ("qng.estimate", "Estimators as values.", ("qng.estimate",)),
    "models": ("qng.models", "Objectives without circuits.", ("qng.models",)),
    "testing": ("qng.testing", "Checks for parts of your own.", ("qng.testing",)),
}

# Modules that are shown whole.
_WHOLE: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "optimize": (
        "Parts of a method",
        "What an `Optimizer` is made of; [qng.geometry](geometry.md) has its solvers.",
        (
            "qng.optimize.signal",
            "qng.optimize.precondition",
            "qng.optimize.average",
            "qng.optimize.accept",
            "qng.optimize.search.length",
            "qng.optimize.search.armijo",
            "qng.optimize.search.plane",
            "qng.optimize.search.geodesic",
            "qng.optimize.search.divergence",
            "qng.optimize.search.post",
            "qng.optimize.matrices",
            "qng.optimize.method",
        ),
    ),
    "execute": (
        "qng.execute",
        "Executors by name and as objects.",
        (
            "qng.execute.names",
            "qng.execute.statevector.executor",
            "qng.execute.function",
            "qng.execute.qiskit.primitives",
            "qng.execute.dask",
        ),
    ),
    "errors": ("qng.errors", "What is raised, and what warns.", ("qng.errors",)),
}


def pages() -> dict[str, str]:
    """The text of every generated page, by its name."""
    made = {
        "methods": _methods(),
        "estimators": _estimators(),
        "command-line": _command_line(),
        "sources": _sources(),
        "qng": _public(),
    }
    for name, (title, about, modules) in _ROOMS.items():
        names = [f"{module}.{name}" for module in modules for name in public(module)]
        made[name] = _page(title, about, map(_shown, names))
    for name, (title, about, modules) in _WHOLE.items():
        made[name] = _page(title, about, map(_shown, modules))
    return made


def public(module: str) -> tuple[str, ...]:
    """The names that a module offers: those that it lists, or else functions of its own."""
    found = import_module(module)
    listed = getattr(found, "__all__", None)
    if listed is None:
        listed = [
            name
            for name, value in vars(found).items()
            if not name.startswith("_") and getattr(value, "__module__", None) == module
        ] or [
            name
            for name, value in vars(found).items()
            if not name.startswith("_") and inspect.isfunction(value)
        ]
    return tuple(listed)


def _page(title: str, about: str, parts: Iterable[str]) -> str:
    return "\n\n".join([f"# {title}", about, *parts]) + "\n"


def _shown(name: str, **options: Any) -> str:
    """What mkdocstrings takes in under a name."""
    lines = [f"::: {name}"]
    if options:
        lines += ["    options:", *(f"      {key}: {value}" for key, value in options.items())]
    return "\n".join(lines)


def _bare(function: Callable[..., Any]) -> str:
    """The docstring and the signature of a function under a heading that stands already."""
    name = f"{function.__module__}.{function.__qualname__}"
    return _shown(name, show_root_heading="false", show_root_toc_entry="false")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _line(source: Source) -> str:
    return f"[{source.line()}](sources.md#{source.key})"


def _cited(sources: Iterable[Source]) -> str:
    found = [_line(source) for source in sources]
    return "Sources: " + "; ".join(found) + "." if found else "Source: a textbook method."


# --- methods


def _methods() -> str:
    about = (
        "Every method by the name that [`qng.minimize`][qng.minimize] and `--methods` take, with "
        "its docstring, its hyperparameters and what one step of it asks of a device on H2 "
        "(4 qubits, 12 parameters, 15 words of the observable; "
        "[what that counts](../explanation/costs.md))."
    )
    parts = [about]
    for title, rows in (
        ("M dtheta = -eta s", methods.METHODS),
        ("Controls, which are not of this form", methods.CONTROLS),
    ):
        parts += [f"## {title}", *(_method(name, make) for name, make in rows.items())]
    return _page("Methods", parts[0], parts[1:])


def _method(name: str, make: Callable[..., Any]) -> str:
    made = make()
    words = ", ".join(
        f"{key}={parameter.default!r}"
        for key, parameter in inspect.signature(make).parameters.items()
    )
    call = f"```python\nqng.optimizers.{make.__name__}({words})\n```"
    parts = [f"### {name} {{ #{name} }}", call, _bare(make)]
    if isinstance(made, Optimizer):
        kinds = {
            "M": made.precondition,
            "s": made.signal,
            "solve": made.solve,
            "search": made.search,
            "accept": made.accept,
        }
        parts.append(
            "Parts: " + ", ".join(f"{key} `{type(part).__name__}`" for key, part in kinds.items())
        )
    parts += [f"Cost: {_step(name)}", _cited(of_method(made))]
    return "\n\n".join(parts)


def _step(name: str) -> str:
    """Circuits and points of one step on H2, from shots."""
    try:
        found = qng.step_cost("h2", name, shots=100_000)
    except QngError as error:
        return f"{error}."
    step = found.step
    return f"one step on H2 is {step.circuits} circuits at {step.points} points."


# --- estimators


def _estimators() -> str:
    parts = []
    for title, kind, rows in (
        ("Metrics", "metric", table.METRICS),
        ("Gradients", "gradient", table.GRADIENTS),
        ("Berry curvature", "Berry curvature", table.BERRY),
    ):
        parts += [f"## {title}", *(_estimator(kind, name, row) for name, row in rows.items())]
    about = (
        "Every estimator by the name that [`qng.metric`][qng.metric], "
        "[`qng.gradient`][qng.gradient], `metric=` and `gradient=` take. An option is a keyword argument "
        'of the same calls, or of `By("blocks", rule="wires")`. Where there are two variants, the first is had without '
        "shots and the second from counted bits; with more and more shots it goes to the first."
    )
    return _page("Estimators", about, parts)


def _estimator(kind: str, name: str, row: Any) -> str:
    variants = {"without shots": row.exact, "from shots": row.sampled}
    had = [where for where, function in variants.items() if function is not None]
    drawn = "; it draws random directions" if row.random else ""
    anchor = f"{kind.split()[-1]}-{name.replace('+', '-and-')}"
    parts = [f"### {name} {{ #{anchor} }}", f"Of: {row.of}. Had {' and '.join(had)}{drawn}."]
    functions = {where: _function(f) for where, f in variants.items() if f is not None}
    if len(set(functions.values())) == 1:
        parts.append(_bare(next(iter(functions.values()))))
    else:
        for where, function in functions.items():
            parts += [f"**{where.capitalize()}**", _bare(function)]
    return "\n\n".join(parts)


def _function(given: Any) -> Callable[..., Any]:
    return given.func if isinstance(given, partial) else given


# --- the command line


def _command_line() -> str:
    app = typer.main.get_command(application())
    assert isinstance(app, click.Group) or hasattr(app, "commands")
    context = click.Context(app, info_name="qng")  # type: ignore[arg-type]
    about = "\n\n".join([str(app.help), str(app.epilog)])
    parts = []
    commands: Mapping[str, Any] = app.commands  # type: ignore[union-attr]
    for name, command in commands.items():
        parts.append(_command(name, command, context))
    return _page("Command line", about, parts)


def _command(name: str, command: Any, parent: click.Context) -> str:
    context = click.Context(command, info_name=name, parent=parent)
    usage = command.get_usage(context).removeprefix("Usage: ")
    help_text = inspect.cleandoc(command.help or "")
    parts = [f"## qng {name} {{ #{name} }}", help_text, f"```text\n{usage}\n```"]
    rows = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is None:
            rows.append(
                (f"`{parameter.make_metavar(context)}`", getattr(parameter, "help", "") or "")
            )
        else:
            rows.append((f"`{record[0]}`", record[1].replace("  [", " [").replace("[", r"\[")))
    return "\n\n".join([*parts, _table(("", ""), rows)])


# --- sources


def _sources() -> str:
    about = "What methods, estimators and problems come from; `qng cite` prints BibTeX of a result."
    parts = []
    for key, source in TEXTS.items():
        link = f" <{source.link}>" if source.link else ""
        parts.append(f"## {key} {{ #{key} }}\n\n{source.line()}{link}")
    return _page("Sources", about, parts)


# --- public names


def _public() -> str:
    about = (
        "The names of `import qng`. Circuits, QNodes and problems are taken wherever a circuit or "
        "a problem is; [three modules](#modules) have pages of their own."
    )
    parts, modules = [], []
    for name in qng.__all__:
        value = getattr(qng, name)
        if isinstance(value, ModuleType):
            modules.append(name)
        elif not isinstance(value, str):
            parts.append(_shown(f"qng.{name}"))
    pages = {"optimizers": "methods"}
    links = ", ".join(f"[`qng.{name}`]({pages.get(name, name)}.md)" for name in modules)
    return _page("qng", about, [*parts, f"## Modules\n\n{links}."])
