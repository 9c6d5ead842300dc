"""Results as data frames of pandas, and as Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from qng.errors import MissingPackageError, QngError
from qng.report.forms.sheets import Sheet, sheet

_LARGEST: Final = 2**63
"""Whole numbers from here on, such as seeds, are text: no column of numbers has them."""


def frame(
    value: Any, each: str | None = None, against: str | None = None, points: bool = True
) -> Any:
    """A result as a data frame of pandas, in long form.

    Args:
        value: Whatever `save` keeps.
        each: A row for each "step", "run" or "method"; the first by default. Of an evolution there
            is a row a time, of a metric one an entry, of step reports one a method.
        against: The axis of the column `cost`; shots or circuits by default.
        points: Whether points have columns, theta_0, theta_1, ...

    Returns:
        The frame; its `attrs` say what holds for all rows (units, references, names of parameters).
        Whole numbers of which some are missing are of the type Int64.

    Raises:
        MissingPackageError: pandas is not installed.
        InputError: A value that has no such form.
    """
    return of_sheet(sheet(value, each, against, points))


def of_sheet(of: Sheet) -> Any:
    """The data frame of a sheet.

    Raises:
        MissingPackageError: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingPackageError("a data frame", "pandas", "export") from error
    found = pd.DataFrame({name: _column(pd, values) for name, values in of.columns.items()})
    found.attrs.update(of.about)
    return found


def save_parquet(of: Sheet, path: Path) -> None:
    """Write a sheet as Parquet, as a whole or not at all.

    Raises:
        MissingPackageError: pandas or pyarrow is not installed.
        QngError: The file cannot be written.
    """
    import io

    from qng.run.saved import written

    table = of_sheet(of)
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise MissingPackageError("Parquet", "pyarrow", "export") from error
    content = io.BytesIO()
    table.to_parquet(content, engine="pyarrow", index=False)
    try:
        written(path, content.getvalue())
    except OSError as error:
        raise QngError(f"{path} cannot be written: {error.strerror or error}") from error


def _column(pd: Any, values: list[Any]) -> Any:
    """One column with the type that its values have."""
    known = [value for value in values if value is not None]
    if all(isinstance(value, bool) for value in known) and known:
        return pd.array(values, dtype="boolean" if len(known) < len(values) else "bool")
    if all(isinstance(value, int) for value in known) and known:
        if any(abs(value) >= _LARGEST for value in known):
            return pd.Series([None if value is None else str(value) for value in values])
        return pd.array(values, dtype="Int64" if len(known) < len(values) else "int64")
    if all(isinstance(value, (int, float)) for value in known):
        return pd.array([float("nan") if v is None else float(v) for v in values], dtype="float64")
    return pd.Series(values)  # words, as this pandas has them
