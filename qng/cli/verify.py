"""`qng verify`: replay a run from its raw results."""

from __future__ import annotations

from dataclasses import asdict

from qng.cli import elsewhere, options, output


def command(
    run: options.Run = None,
    ledger: options.Ledger = elsewhere.LEDGER,
    as_json: options.Json = False,
) -> None:
    """Replay a run from its raw results, without device or network, and compare every state."""
    from qng.run.durable.control import verify

    with output.once_told():
        verdict = verify(run, ledger=ledger)
    if as_json:
        output.show_json({**asdict(verdict), "holds": verdict.holds})
    else:
        output.show(verdict.message)
    if not verdict.holds:
        output.fail(verdict.message)
