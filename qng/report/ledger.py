"""Runs in a ledger: their lines, jobs and seconds as tables, and as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from qng.report import cells
from qng.report.data import plain
from qng.run.durable.account import JobLine, Outcome, RunSummary, Status


def summary_data(summary: RunSummary) -> dict[str, Any]:
    """A run in a line: everything."""
    return plain(
        {
            "run": summary.run,
            "problem": summary.problem,
            "method": summary.label,
            "executor": summary.executor,
            "state": summary.state,
            "message": summary.message,
            "steps": summary.steps,
            "steps_asked": summary.of,
            "energy": summary.energy,
            "std_error": summary.std_error,
            "jobs": summary.jobs,
            "seconds_estimated": summary.estimated,
            "seconds_booked": summary.booked,
            "created": summary.created,
            "ledger": summary.ledger,
            "finished_runs": summary.kept,
        }
    )


def status_data(status: Status) -> dict[str, Any]:
    """A run with its batches and jobs: everything.

    Returns:
        As `summary_data`, with `batches` and `jobs` as lists; `twins`, how many jobs were made
        beside those that are used; `seconds_estimated` of all jobs, `seconds_charged` so far,
        `seconds_booked` (charged, and estimated where no charge is known yet), and `seconds_left`
        of the budget, None where there is none.
    """
    return summary_data(status.summary) | plain(
        {
            "batches": [asdict(batch) for batch in status.batches],
            "jobs": [job_data(job) for job in status.jobs],
            "twins": len(status.twins),
            "seconds_charged": status.charged,
            "seconds_left": status.left,
            "max_seconds": status.max_seconds,
            "ahead": status.ahead,
            "trouble": status.trouble,
            "events": [dict(zip(("at", "what", "detail"), event)) for event in status.events],
        }
    )


def job_data(job: JobLine) -> dict[str, Any]:
    """A job: everything."""
    return {
        "id": job.id,
        "batch": job.batch,
        "attempt": job.attempt,
        "role": job.role,
        "state": job.state,
        "seconds_estimated": job.estimated,
        "seconds_charged": job.charged,
        "reason": job.reason,
        "created": job.created,
    }


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    """What a turn has done with a run: everything."""
    return summary_data(outcome.summary) | {
        "moved": outcome.moved,
        "waiting": outcome.waiting,
        "failed": outcome.failed,
    }


def summary_line(summary: RunSummary, why: str = "") -> str:
    """A run in a line.

    Args:
        summary: Of the run.
        why: It does not go on, or has ended, where the run does not say it itself.
    """
    name = f"{summary.run[:8]} {summary.problem} {summary.label} on {summary.executor}"
    if summary.kept:
        return f"{name}: {summary.message}"
    here = f"{name}: {summary.state}, {summary.steps} of {summary.of} steps"
    why = why or summary.message
    return f"{here}; {why}" if why else here


def outcome_line(outcome: Outcome) -> str:
    """What a turn has done with a run, in a line."""
    return summary_line(outcome.summary, outcome.failed or outcome.waiting)


def summaries_table(summaries: Sequence[RunSummary]) -> RenderableType:
    """The runs of a ledger, one row each."""
    if not summaries:
        return cells.titled("no runs", Table(box=None))
    table = cells.frame()
    for head in ("run", "problem", "method", "executor", "state"):
        table.add_column(head, overflow="fold")
    for head in ("steps", "energy", "jobs", "QPU time\n(s)"):
        table.add_column(head, justify="right")
    table.add_column("begun")
    for summary in summaries:
        row = [summary.run[:8], summary.problem, summary.label, summary.executor, summary.state]
        if summary.kept:
            row += [f"{summary.kept} runs", "", "", ""]
        else:
            row += [f"{summary.steps}/{summary.of}", _energy(summary), f"{summary.jobs}"]
            row += [f"{summary.booked:.1f}"]
        row += [summary.created[:16].replace("T", " ")]
        cells.add(table, row)
    return table


def status_summary(status: Status) -> Table:
    """Where a run is: its steps, its energy, its seconds."""
    summary, twins = status.summary, len(status.twins)
    left = [] if status.left is None else [("left of the budget", f"{status.left:.1f} s")]
    ahead = [] if status.ahead is None else [("jobs ahead", f"{status.ahead}")]
    why = f": {summary.message}" if summary.message else ""
    if summary.kept:
        return cells.pairs(
            [
                ("entry", summary.run),
                ("problem", f"{summary.problem} on {summary.executor}"),
                ("holds", summary.message),
            ]
        )
    return cells.pairs(
        [
            ("run", summary.run),
            ("problem", f"{summary.problem}, {summary.label} on {summary.executor}"),
            ("state", f"{summary.state}{why}"),
            ("steps", f"{summary.steps} of {summary.of}"),
            ("energy", _energy(summary)),
            *ahead,
            ("jobs", f"{summary.jobs}" + (f", {twins} of them twins" if twins else "")),
            ("QPU time estimated", f"{summary.estimated:.1f} s"),
            ("QPU time charged", f"{status.charged:.1f} s"),
            ("QPU time booked", f"{summary.booked:.1f} s"),
            *left,
        ]
    )


def jobs_table(status: Status) -> Table:
    """The jobs of a run, in the order in which they were made."""
    table = cells.frame()
    for head in ("job", "batch", "attempt", "role", "state"):
        table.add_column(head, overflow="fold")
    for head in ("estimated\n(s)", "charged\n(s)"):
        table.add_column(head, justify="right")
    table.add_column("reason", overflow="fold")
    for job in status.jobs:
        seconds = [f"{job.estimated:.1f}", cells.shown(job.charged, "{:.1f}")]
        row = [job.id, job.batch, f"{job.attempt}", job.role, job.state, *seconds, job.reason]
        cells.add(table, row)
    return table


def status_notes(status: Status) -> list[str]:
    """What a reader of the status has to know, one line each."""
    notes = []
    if any(job.charged is None for job in status.jobs):
        notes.append("a charge that is not known yet is booked as estimated")
    if status.trouble:
        notes.append(f"the service could not be asked: {status.trouble}")
    return notes


def _energy(summary: RunSummary) -> str:
    return cells.with_error(summary.energy, summary.std_error, 8)
