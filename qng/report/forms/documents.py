"""Results as plain data for JSON: everything that is known, with how it was made."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from qng.report.data import plain
from qng.run.described import described


def data(value: Any, against: str | None = None) -> dict[str, Any]:
    """A result as dictionaries, lists, numbers and words: what `--json` prints, and its recipe.

    Args:
        value: Whatever `save` keeps.
        against: Of a comparison the axis of cost; shots or circuits by default.

    Returns:
        Strict JSON can hold it: numbers that are not finite are None.

    Raises:
        InputError: A value that has no such form.
    """
    from qng.report import (
        ansatz_data,
        compared_data,
        data,
        diagnosis,
        evolution,
        excited,
        scan,
        squares,
    )
    from qng.report.forms.kinds import kind_of, metric_parts, steps_parts
    from qng.report.spent import axis_of

    kind, axis = kind_of(value), None if against is None else axis_of(against)
    if kind == "Run":
        return data.run_data(value) | {"made": made_data(value.made)}
    if kind == "Comparison":
        return compared_data.comparison_data(value, axis) | {"made": made_of(value)}
    if kind == "Comparisons":
        made = {name: made_of(of) for name, of in value.problems.items()}
        return compared_data.comparisons_data(value, axis) | {"made": made}
    if kind == "Evolution":
        return evolution.evolution_data(value) | {"made": made_data(value.made)}
    if kind == "Scan":
        return scan.scan_data(value) | {"made": made_data(value.setting)}
    if kind == "ExcitedStates":
        made = {str(k): made_data(run.made) for k, run in enumerate(value.runs)}
        return excited.excited_data(value) | {"made": made}
    if kind == "Metric":
        metric, names, made = metric_parts(value)
        return data.metric_data(metric, names) | {"made": made}
    if kind == "Steps":
        reports, made = steps_parts(value)
        problem = made.get("problem", {}).get("name", "") if made else ""
        theta: Any = made.get("theta", []) if made else []
        return data.steps_data(reports, problem, np.asarray(theta)) | {"made": made}
    if kind == "Diagnosis":
        return diagnosis.diagnosis_data(value) | {"made": made_data(value.made)}
    if kind == "AdamReport":
        return squares.adam_data(value)
    return ansatz_data.geometry_data(getattr(value, "geometry", value))


def made_of(comparison: Any) -> dict[str, Any]:
    """How the runs of a comparison were made, by method: that of the first run of each."""
    return {
        method: made_data(runs[0].made)
        for method, runs in comparison.runs.items()
        if runs and runs[0].made is not None
    }


def made_data(made: Any) -> dict[str, Any]:
    """How something was made, by field; empty where nobody knows it.

    The problem is as `qng.run.described` writes it: OpenQASM, observable and a digest.
    """
    if made is None:
        return {}
    return plain({f.name: _readable(getattr(made, f.name)) for f in fields(made)})


def _readable(value: Any) -> Any:
    """A part of a recipe for people: objects with their class and fields, functions by name."""
    if hasattr(value, "parameters") and hasattr(value, "initial"):
        return {**described(value), "accuracy": value.accuracy}
    if is_dataclass(value) and not isinstance(value, type):
        return {"kind": type(value).__name__} | {
            f.name: _readable(getattr(value, f.name)) for f in fields(value) if f.compare
        }
    if isinstance(value, dict):
        return {str(key): _readable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_readable(item) for item in value]
    if value is None or isinstance(value, (str, int, float, np.ndarray, np.generic)):
        return value
    return getattr(value, "__qualname__", None) or type(value).__name__
