"""The pages of the reference, made of what the package knows of itself.

Docstrings are taken in by mkdocstrings (`::: name`); from the tables come names, defaults, options,
sources and costs. A new method, estimator, command or public name is on its page by itself.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import listed
import typer
from written import escaped, page, shown, table

import qng
from qng.cli import application
from qng.report.literature import TEXTS

# The title of a page, what stands under it, and the modules whose public names it has.
_ROOMS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "ansatz": ("qng.ansatz", "The geometry of an ansatz.", ("qng.run.ansatz",)),
    "hamiltonians": ("qng.hamiltonians", "Usual observables.", ("qng.problem.hamiltonians",)),
    "symmetries": (
        "qng.symmetries",
        "Electrons, spins, and penalties for other sectors.",
        ("qng.problem.symmetries",),
    ),
    "excited": ("qng.excited", "Several levels of one Hamiltonian.", ("qng.run.excited",)),
    "circuit": ("qng.circuit", "Circuits, operations, words.", ("qng.circuit",)),
    "geometry": ("qng.geometry", "Metrics as values, and solvers of M d = s.", ("qng.geometry",)),
    "estimate": ("qng.estimate", "Estimators as values.", ("qng.estimate",)),
    "models": ("qng.models", "Objectives without circuits.", ("qng.models",)),
    "testing": ("qng.testing", "Checks for parts of your own.", ("qng.testing",)),
}

# Modules that are shown whole.
_WHOLE: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "results": (
        "Results",
        "What `minimize`, `compare`, `evolve` and the others return; `load_run` reads them again.",
        (
            "qng.run.results",
            "qng.run.trace",
            "qng.run.comparison",
            "qng.run.several",
            "qng.run.evolution",
            "qng.run.made",
            "qng.run.diagnosis.diagnosis",
            "qng.run.diagnosis.evidence",
            "qng.run.diagnosis.finding",
            "qng.run.diagnosis.reading",
            "qng.run.repeated",
            "qng.run.recipe",
            "qng.plan.quantities",
        ),
    ),
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


# Packages of others, in whose loops ours are.
_ADAPTERS = ("pennylane", "qiskit", "jax", "torch")


def pages() -> dict[str, str]:
    """The text of every generated page, by its name."""
    made = {
        "methods": listed.methods(),
        "estimators": listed.estimators(),
        "command-line": _command_line(),
        "sources": _sources(),
        "qng": _public(),
        "adapters": _adapters(),
    }
    for name, (title, about, modules) in _ROOMS.items():
        names = [f"{module}.{name}" for module in modules for name in public(module)]
        made[name] = page(title, about, map(shown, names))
    for name, (title, about, modules) in _WHOLE.items():
        # Results speak of options everywhere: who searches for one wants what takes it.
        made[name] = page(title, about, map(shown, modules), boost=0.3 if name == "results" else 1)
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
    return page("Command line", about, parts, boost=2)


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
            rows.append((f"`{record[0]}`", escaped(record[1].replace("  [", " ["))))
    return "\n\n".join([*parts, table(("argument or option", "meaning"), rows)])


# --- sources


def _sources() -> str:
    about = "What methods, estimators and problems come from; `qng cite` prints BibTeX of a result."
    parts = []
    for key, source in TEXTS.items():
        link = f" <{source.link}>" if source.link else ""
        parts.append(f"## {key} {{ #{key} }}\n\n{escaped(source.line())}{link}")
    return page("Sources", about, parts)


# --- public names


def _public() -> str:
    about = (
        "The names of `import qng`. Circuits, QNodes and problems are taken wherever a circuit or "
        "a problem is; [five modules](#modules) have pages of their own."
    )
    parts, modules = [], []
    for name in qng.__all__:
        value = getattr(qng, name)
        if isinstance(value, ModuleType):
            modules.append(name)
        elif not isinstance(value, str):
            parts.append(shown(f"qng.{name}"))
    pages = {"optimizers": "methods"}
    links = ", ".join(f"[`qng.{name}`]({pages.get(name, name)}.md)" for name in modules)
    return page("qng", about, [*parts, f"## Modules\n\n{links}."])


# --- adapters


def _adapters() -> str:
    about = (
        "Our methods, energies and metrics in other people's loops; that of SciPy is "
        "`qng.scipy_method`. Each is imported by its own name and needs its package then."
    )
    parts = []
    for name in _ADAPTERS:
        found = find_spec(f"qng.adapters.{name}")
        if found is not None and found.origin is not None:
            parts.append(f"## qng.adapters.{name} {{ #{name} }}")
            parts += [
                shown(f"qng.adapters.{name}.{each}", heading_level=3)
                for each in _listed(Path(found.origin))
            ]
    return page("qng.adapters", about, parts)


def _listed(file: Path) -> tuple[str, ...]:
    """What a module lists in `__all__`, without importing it."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return tuple(ast.literal_eval(node.value))
    return ()
