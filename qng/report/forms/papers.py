r"""Tables as LaTeX: `\usepackage{booktabs}` in the preamble is all that they need."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from qng.errors import InputError, shown
from qng.report import tex
from qng.report.forms.tabulated import ROWS, tables
from qng.report.grid import Grid

_LABEL: Final = re.compile(r"[A-Za-z0-9:._+-]+")

# What of a note is a number, a symbol or a relation, and not a word.
_MARKED: Final = re.compile(
    r"(?<![\w.@-])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?:\(\d+\))?(?![\w.@]|-\w)|\bE_ref\b|<=|>=|\binf\b"
)

# Heads that are symbols.
_HEADS: Final = {
    "tau": r"$\tau$",
    "t": "$t$",
    "1-F": "$1-F$",
    "|grad|": r"$|\nabla E|$",
}

_SYMBOLS: Final = {"E_ref": r"$E_{\mathrm{ref}}$", "<=": r"$\le$", ">=": r"$\ge$"}

_SIZES: Final = (
    (r"\footnotesize", 4.25, 4.0),
    (r"\scriptsize", 3.98, 3.0),
    (r"\tiny", 3.4, 2.0),
)
"""Sizes of text, with the width of a digit and the space beside a column, in points."""

_PAGE: Final = 345.0
"""The width of a page of the class article, in points."""

# What is as wide as a character, as three, and as nothing; and what is wider than a digit.
_WIDE: Final = re.compile(r"\\(?:times|le|ge|infty)\b")
_BROAD: Final = re.compile(r"[A-HJ-Zmw%&@<>=+-]")
_COMMAND: Final = re.compile(r"\\[A-Za-z]+")
_NOTHING: Final = re.compile(r"\\[,;]|[\\{}$^_]")

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
            f"a caption or a label is of one table, and these are {len(found)}: leave them out, or "
            "take the problems one by one (comparisons.problems[NAME])"
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
    size, widths = _size(heads, grid)
    if not size.startswith(_SIZES[0][0]):  # units stand below
        heads = [_head(head.replace(" (", "\n("), of) for head, of in zip(grid.heads, sides)]
        size, widths = _size(heads, grid)
    rows = [[cell.latex for cell in row] for row in grid.rows]
    if not any(heads):  # lines of words, which are broken
        sides[-1] = r"p{0.55\linewidth}"
    elif (left := _left(widths, grid.words)) is not None:  # long names, which are broken, too
        column, points = left
        sides[column] = f"p{{{points:.0f}pt}}"
        for row in rows:
            row[column] = rf"\raggedright\hspace{{0pt}}{row[column]}"
    lines = [
        r"\begin{table}",
        r"  \centering\setlength{\belowcaptionskip}{4pt}",
        *([rf"  \caption{{{described}}}"] if described else []),
        *([rf"  \label{{{label or f'tab:{name}'}}}"] if described else []),
        f"  {size}",
        rf"  \begin{{tabular}}{{@{{}}{''.join(sides)}@{{}}}}",
        r"    \toprule",
        *([rf"    {_row(heads)}", r"    \midrule"] if any(heads) else []),
        *(rf"    {_row(row)}" for row in rows),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _size(heads: Sequence[str], grid: Grid) -> tuple[str, list[float]]:
    """The largest text in which the table is no wider than a page, and the widths of the columns.

    Widths are in digits.
    """
    widths = [max(map(_digits, _parts(head))) for head in heads]
    if any(heads):
        for row in grid.rows:
            widths = [max(w, _digits(cell.latex)) for w, cell in zip(widths, row, strict=True)]
    fitting = (
        (size, space)
        for size, digit, space in _SIZES
        if digit * sum(widths) + 2 * space * (len(widths) - 1) <= _PAGE
    )
    size, space = next(fitting, (_SIZES[-1][0], _SIZES[-1][2]))
    return rf"{size}\setlength{{\tabcolsep}}{{{space:g}pt}}", widths


def _left(widths: Sequence[float], words: int) -> tuple[int, float] | None:
    """The widest column of words and what is left for it, in points; None where all fits."""
    _, digit, space = _SIZES[-1]
    beside = 2 * space * (len(widths) - 1)
    if not words or digit * sum(widths) + beside <= _PAGE:
        return None
    column = max(range(words), key=lambda k: widths[k])
    others = digit * (sum(widths) - widths[column]) + beside
    return column, max(_PAGE - others, _PAGE / 5)


def _parts(head: str) -> list[str]:
    """The lines of a head."""
    return head.replace(r"\shortstack[r]{", "").replace(r"\shortstack[l]{", "").split(r"\\")


def _digits(latex: str) -> float:
    """About how many digits it is wide."""
    seen = _NOTHING.sub("", _COMMAND.sub("x", _WIDE.sub("xxx", latex)))
    return len(seen) + 0.6 * len(_BROAD.findall(seen))


def _caption(grid: Grid) -> str:
    """The title and the notes as sentences."""
    notes = [re.sub(r"^lr\b", "learning rate", note) for note in grid.notes]
    sentences = [grid.title, *(note[:1].upper() + note[1:] for note in notes)]
    return " ".join(f"{prose(text).rstrip('.;')}." for text in sentences if text)


def _head(head: str, side: str) -> str:
    if head in _HEADS:
        return _HEADS[head]
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
