"""Results in the forms of others: data frames, CSV, Parquet, JSON, LaTeX and Markdown.

    sheets      numbers by column: one row a step, a run or a method
    frames      the same as a data frame of pandas, and as Parquet
    documents   everything, as plain data for JSON, with how it was made
    tabulated   the tables that terminals show, one or several a result
    papers      these as LaTeX              pages       these as Markdown

Every function takes whatever `save` keeps. Results have the usual ones as methods (`to_dataframe`,
`to_latex`, `to_markdown`), and `qng export FILE --format NAME` writes all of them.
"""

from qng.report.forms.documents import data
from qng.report.forms.frames import frame, save_parquet
from qng.report.forms.pages import markdown
from qng.report.forms.papers import latex
from qng.report.forms.sheets import EACH, Each, Sheet, csv_text, sheet
from qng.report.forms.tabulated import tables

__all__ = [
    "EACH",
    "Each",
    "Sheet",
    "csv_text",
    "data",
    "frame",
    "latex",
    "markdown",
    "save_parquet",
    "sheet",
    "tables",
]
