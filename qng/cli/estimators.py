"""`qng estimators`: all estimators with their options, or one with all that is known of it."""

from __future__ import annotations

from typing import Annotated

import typer

from qng.cli import complete, options, output


def command(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="Show those of this name in detail.",
            autocompletion=complete.estimators,
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List what estimates metrics, gradients and Hessians, or show one: formula, options, cost."""
    from qng.report import catalogue, listed

    entries = catalogue.estimators() if name is None else catalogue.entries("estimator", name)
    if as_json:
        output.show_json({"estimators": [listed.data(entry) for entry in entries]})
        return
    if name is None:
        output.show(
            listed.table(entries),
            "exact: not from shots; density: from density matrices, which simulators know.",
            "g: Fubini-Study metric, QFI = 4 g; I: classical Fisher matrix, I <= 4 g.",
            "qng estimators NAME shows one in detail.",
        )
        return
    for k, entry in enumerate(entries):
        output.show(*([""] if k else []), *listed.detail(entry))
