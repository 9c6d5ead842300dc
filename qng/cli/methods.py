"""`qng methods`: all methods with their defaults, or one with all that is known of it."""

from __future__ import annotations

from typing import Annotated

import typer

from qng.cli import complete, options, output


def command(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="Show this one in detail.",
            autocompletion=complete.methods,
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List the methods, with defaults and sources, or show one: formula, meanings, cost."""
    from qng.report import catalogue, listed

    if name is not None:
        (entry,) = catalogue.entries("method", name)
        cost = "" if entry.cost else listed.step_on_h2(name)
        if as_json:
            output.show_json(listed.data(entry) | {"step_on_h2": cost or None})
        else:
            output.show(*listed.detail(entry, cost))
        return
    entries = catalogue.methods()
    if as_json:
        output.show_json({"methods": [listed.data(entry) for entry in entries]})
        return
    output.show(
        listed.table([entry for entry in entries if entry.kind == "method"]),
        "controls, which are not of the form M dtheta = -eta s:",
        listed.table([entry for entry in entries if entry.kind == "control"]),
        "qng methods NAME shows one in detail; qng run PROBLEM --optimizer NAME runs it.",
    )
