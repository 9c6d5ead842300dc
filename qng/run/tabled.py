"""What comparisons have in common: they are kept in a file, and become frames and tables."""

from __future__ import annotations

from os import PathLike
from typing import Any

from qng.run.saved import save_run


class Tabled:
    """A base of results that are tables; it holds nothing."""

    def save(self, path: str | PathLike[str]) -> None:
        """Keep it in a file, which `qng.load_run` reads.

        Raises:
            QngError: The file cannot be written.
        """
        save_run(self, path)

    def to_dataframe(
        self, each: str = "step", against: str | None = None, points: bool = True
    ) -> Any:
        """All of it as a data frame of pandas, in long form.

        Args:
            each: A row for each "step", "run" or "method".
            against: The axis of cost, as of `qng compare --against`; shots or circuits by default.
            points: Whether points have columns, theta_0, theta_1, ... in radians.

        Raises:
            MissingPackageError: pandas is not installed.
        """
        from qng.report.forms import frame

        return frame(self, each, against=against, points=points)

    def to_latex(
        self, *, against: str | None = None, caption: str | None = None, label: str | None = None
    ) -> str:
        """The table as LaTeX, of several problems all tables, in the package booktabs.

        Args:
            against: The axis of cost, as of `qng compare --against`; shots or circuits by default.
            caption: In LaTeX; by default the title, and what a reader of the table has to know.
            label: By default "tab:" and what it is a table of.

        Raises:
            InputError: A label with other characters than letters, digits and :._+-, or a caption
                or a label for several tables.
        """
        from qng.report.forms import latex

        return latex(self, against=against, caption=caption, label=label)

    def to_markdown(self, against: str | None = None) -> str:
        """The table as Markdown, of several problems all tables, with what a reader has to know.

        Args:
            against: The axis of cost, as of `qng compare --against`; shots or circuits by default.
        """
        from qng.report.forms import markdown

        return markdown(self, against=against)
