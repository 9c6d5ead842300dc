r"""Tables as LaTeX: `\usepackage{booktabs}` in the preamble is all that they need."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from qng.errors import InputError, shown
from qng.report import tex
from qng.report.forms.tables import ROWS, tables
from qng.report.grid import Grid

_LABEL: Final = re.compile(r"[A-Za-z0-9:._+-]+")

# What of a note is a number, a symbol or a relation, and not a word.
_MARKED: Final = re.compile(
    r"(?<![\w.@-])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?:\(\d+\))?(?![\w.@]|-\w)|\bE_ref\b|<=|>=|\binf\b"
)

_SYMBOLS: Final = {"E_ref": r"$E_{\mathrm{ref}}$", "<=": r"$\le$", ">=": r"$\ge$"}

_BEGIN: Final = r"""\documentclass{article}
\usepackage{booktabs}
\begin{document}
"""


def latex(
    value: Any,
    *,
    against: str | None = None,
    rows: int = ROWS,
    caption: str | None = None,
    label: str | None = None,
    document: bool = False,
) -> str:
    r"""The tables of a result as LaTeX, in the package booktabs.

    Args:
        value: Whatever `save` keeps.
        against: Of comparisons the axis of cost; shots or circuits by default.
        rows: Of a trace about so many.
        caption: In LaTeX; by default the title, and what a reader of the table has to know.
        label: For \ref; by default tab: and what it is a table of.
        document: Whether it is a whole document, which pdflatex compiles as it is.

    Raises:
        InputError: A value that has no table, a label of other characters, or caption and label for
            several tables.
    """
    found = tables(value, against, rows)
    if len(found) > 1 and (caption is not None or label is not None):
        raise InputError(
            f"caption= and label= are of one table, and these are {len(found)}: give them to one "
            "comparison, as comparisons.problems[NAME].to_latex(caption=...)"
        )
    if label is not None and not _LABEL.fullmatch(label):
        raise InputError(f"a label has letters, digits and :._+- in it, not {shown(label)}")
    written = "\n".join(_table(grid, caption, label) for grid in found)
    return f"{_BEGIN}{written}\\end{{document}}\n" if document else written


def prose(text: str) -> str:
    r"""A sentence about numbers.

    Example:
        >>> prose("within 0.0016 Ha of E_ref = -1.5, 1.6e-03 at most")
        'within 0.0016 Ha of $E_{\\mathrm{ref}}$ = $-1.5$, $1.6\\times10^{-3}$ at most'
    """
    written, end = [], 0
    for found in _MARKED.finditer(text):
        written.append(_words(text[end : found.start()]))
        written.append(_SYMBOLS.get(found[0]) or _number(found[0]))
        end = found.end()
    return "".join([*written, _words(text[end:])])


def _table(grid: Grid, caption: str | None, label: str | None) -> str:
    described = _caption(grid) if caption is None else caption
    name = re.sub(r"[^A-Za-z0-9-]+", "-", grid.name).strip("-")
    sides = ["l" if k < grid.words else "r" for k in range(len(grid.heads))]
    heads = [_head(head, side) for head, side in zip(grid.heads, sides)]
    if not any(heads):  # lines of words, which are broken
        sides[-1] = r"p{0.65\linewidth}"
    lines = [
        r"\begin{table}",
        r"  \centering",
        *([rf"  \caption{{{described}}}"] if described else []),
        *([rf"  \label{{{label or f'tab:{name}'}}}"] if described else []),
        r"  \footnotesize\setlength{\tabcolsep}{4pt}",
        rf"  \begin{{tabular}}{{@{{}}{''.join(sides)}@{{}}}}",
        r"    \toprule",
        *([rf"    {_row(heads)}", r"    \midrule"] if any(heads) else []),
        *(rf"    {_row([cell.latex for cell in row])}" for row in grid.rows),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _caption(grid: Grid) -> str:
    """The title and the notes as sentences."""
    notes = [re.sub(r"^lr\b", "learning rate", note) for note in grid.notes]
    sentences = [grid.title, *(note[:1].upper() + note[1:] for note in notes)]
    return " ".join(f"{prose(text).rstrip('.;')}." for text in sentences if text)


def _head(head: str, side: str) -> str:
    lines = [prose(line) for line in head.split("\n")]
    if len(lines) == 1:
        return lines[0]
    return rf"\shortstack[{side}]{{{_broken(lines)}}}"


def _row(cells: Sequence[str]) -> str:
    # A bracket or a star at its start would be an option of the line break before it.
    first = f"{{}}{cells[0]}" if cells[0][:1] in ("[", "*") else cells[0]
    return " & ".join([first, *cells[1:]]) + r" \\"


def _broken(lines: Sequence[str]) -> str:
    return r"\\".join(f"{{}}{line}" if line[:1] in ("[", "*") else line for line in lines)


def _number(text: str) -> str:
    plain = "e" not in text and not text.startswith("-") and text != "inf"
    return text if plain else tex.number(text)


def _words(text: str) -> str:
    """Words with the spaces around them."""
    if not text.strip():
        return " " if text else ""
    before, after = text[:1].isspace(), text[-1:].isspace()
    return f"{' ' * before}{tex.words(text)}{' ' * after}"
