"""A run of a ledger as files that others read: its trace, circuits, counts, and how it was made."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from typing import Any

from qng.report.data import plain
from qng.report.ledger import summary_data
from qng.run.durable.account import Export
from qng.run.trace import Trace


def export_data(export: Export) -> dict[str, Any]:
    """A run: everything, without anything of the account.

    Returns:
        `run` in a line, `trace` by column, `circuits` as OpenQASM 3 by their digests, `batches`
        with what was asked and counted, `settings`, `versions`, `calibrations` by batch, `events`.
    """
    return plain(
        {
            "run": summary_data(export.summary),
            "trace": {column: export.trace[column] for column in export.trace.columns},
            "circuits": dict(export.circuits),
            "batches": dict(export.batches),
            "settings": dict(export.settings),
            "versions": dict(export.versions),
            "calibrations": dict(export.calibrations),
            "events": [dict(zip(("at", "what", "detail"), event)) for event in export.events],
        }
    )


def trace_csv(trace: Trace) -> str:
    """A trace as CSV: a row a point, a column a number; angles are theta_0, theta_1, ...

    Numbers have all their digits, so that they are read back as they were; what is missing is
    empty.
    """
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    size = len(trace.rows[0].theta) if trace.rows else 0
    columns = [column for column in trace.columns if column != "theta"]
    out.writerow([*columns, *(f"theta_{k}" for k in range(size))])
    for row in trace.rows:
        values = [getattr(row, column) for column in columns]
        out.writerow([_cell(value) for value in (*values, *row.theta.tolist())])
    return text.getvalue()


def files(export: Export) -> Iterator[tuple[str, str]]:
    """The files of an exported run: (name, text)."""
    data = export_data(export)
    yield "trace.csv", trace_csv(export.trace)
    yield "trace.json", _text(data["trace"])
    yield "counts.json", _text(data["batches"])
    made = ("run", "settings", "versions", "calibrations", "events")
    yield "run.json", _text({name: data[name] for name in made})
    for digest, qasm in export.circuits.items():
        yield f"circuits/{digest}.qasm", qasm


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return repr(float(value)) if isinstance(value, float) else str(value)


def _text(data: Any) -> str:
    return json.dumps(data, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
