"""`qng.report.plots` for entries, opened when something is drawn.

Entries are listed, and their runs planned, without Matplotlib.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qng.report.plots import Picture as Picture
    from qng.report.plots import bloch as bloch
    from qng.report.plots import cost as cost
    from qng.report.plots import heat_map as heat_map
    from qng.report.plots import landscape as landscape
    from qng.report.plots import landscape_of as landscape_of
    from qng.report.plots import line_of as line_of
    from qng.report.plots import lines as lines
    from qng.report.plots import save as save
    from qng.report.plots import several as several
    from qng.report.plots import slope_of as slope_of
    from qng.report.plots import success as success
    from qng.report.plots import together as together


def __getattr__(name: str) -> Any:
    """What `qng.report.plots` has.

    Raises:
        MissingPackageError: Matplotlib is not installed.
    """
    if name.startswith("__"):
        raise AttributeError(name)
    from qng.report import plots

    return getattr(plots, name)
