"""`qng versions`: what a bug report should say of the installation and of the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from qng.cli import options, output

if TYPE_CHECKING:
    from rich.console import RenderableType

    from qng.report.system import Package


def command(
    sizes: Annotated[
        bool, typer.Option("--sizes", help="What packages take on disk, too.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Show packages, Python, processor, threads, BLAS and caches, for bug reports."""
    from qng.report import system

    packages, machine = system.packages(), system.machine()
    blas, kernels = system.blas(), system.kernels()
    taken = system.sizes() if sizes else []
    whole = system.whole() if sizes else {}
    if as_json:
        found = {
            "machine": machine,
            "blas": blas,
            "kernels": kernels,
            "packages": [{**vars(package), "fits": package.fits} for package in packages],
        }
        more = {"sizes": [vars(size) for size in taken], "whole": whole} if sizes else {}
        output.show_json(found | more)
        return
    output.show(_machine(machine, blas, kernels), *_packages(packages))
    if sizes:
        output.show("", _sizes(taken), *_whole(whole))


def _machine(
    machine: dict[str, Any], blas: list[dict[str, Any]], kernels: dict[str, Any]
) -> RenderableType:
    from qng.report.cells import pairs

    usable, present = machine["cores"]["usable"], machine["cores"]["present"]
    width = f", {machine['vector']} numbers a vector" if machine["vector"] else ""
    memory = f", {machine['memory'] / 2**30:.0f} GiB" if machine["memory"] else ""
    limits = " ".join(f"{name}={value}" for name, value in machine["environment"].items())
    cache = kernels["cache"]
    kept = f"{kernels['files']} files, {_mb(kernels['bytes'])} in {cache}" if cache else "nowhere"
    libraries = [
        f"{b['library']} {b['version']} ({b['kind']}), {b['threads']} threads: {b['file']}"
        for b in blas
    ]
    return pairs(
        [
            ("qng", machine["qng"]),
            ("python", f"{machine['python']}, {machine['executable']}"),
            ("system", machine["system"]),
            ("processor", f"{machine['processor']}: {' '.join(machine['features'])}{width}"),
            ("cores", f"{usable} usable of {present}{memory}"),
            ("environment", limits or "no limits of threads are set"),
            *(("" if k else "BLAS", line) for k, line in enumerate(libraries)),
            ("kernels", f"compiled the {kernels['compiled']} way; kept: {kept}"),
        ]
    )


def _packages(packages: list[Package]) -> list[RenderableType]:
    """A table of what is installed, and a line on what is not."""
    from qng.report import cells
    from qng.report.system import DEVELOPING

    table = cells.frame()
    for head in ("package", "version", "wanted", "extra"):
        table.add_column(head)
    missing = []
    for package in packages:
        if package.version or not package.extra:
            version = package.version or "missing"
            version += "" if package.fits else " (too old)"
            cells.add(table, [package.name, version, package.wanted, package.extra])
        elif package.extra not in DEVELOPING:
            missing.append(f"{package.name} [{package.extra}]")
    return [table, *([f"not installed: {', '.join(missing)}"] if missing else [])]


def _sizes(taken: list[Any]) -> RenderableType:
    from qng.report import cells

    table = cells.frame()
    for head in ("package", "its files", "with what it alone brings"):
        table.add_column(head, justify="left" if head == "package" else "right")
    for size in taken:
        added = _mb(size.added) if size.added else "needed by others"
        cells.add(table, [size.name, _mb(size.own), added])
    return table


def _whole(whole: dict[str, int]) -> list[str]:
    from qng.report.system import DISPENSABLE

    return [
        f"a default install takes {_mb(whole['default'])}",
        f"a plain exact run needs {_mb(whole['plain'])} of it: {', '.join(DISPENSABLE[:-1])} and "
        f"{DISPENSABLE[-1]} may be missing",
    ]


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size < 1e7 else f"{size / 1e6:.0f} MB"
