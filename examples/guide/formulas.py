"""Formulas of pages as pictures of vectors, drawn when the site is built.

Pages write TeX between dollars; what matplotlib's mathtext draws of it is put into the page, in the
colour of the text. No script has to run in the browser, and nothing comes from the network.
"""

from __future__ import annotations

import html
import re
from functools import cache

from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser
from matplotlib.path import Path
from matplotlib.textpath import TextPath

_FORMULA = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.S)
_SIZE = 10.0  # points; one em of the text beside it
_FONT = FontProperties(family="DejaVu Sans", math_fontfamily="cm", size=_SIZE)


def drawn(page: str) -> str:
    """A page of HTML with its formulas drawn."""
    return _FORMULA.sub(lambda found: _element(found[2] == "[", html.unescape(found[3])), page)


def _element(display: bool, tex: str) -> str:
    text = " ".join(tex.split())
    return f'<div class="formula">{_svg(text, 1.15)}</div>' if display else _svg(text, 1.0)


@cache
def _svg(tex: str, scale: float) -> str:
    """One formula; its baseline is that of the text.

    Raises:
        ValueError: What mathtext does not know.
    """
    wanted = f"${tex}$"
    try:
        width, height, depth, *_ = MathTextParser("path").parse(wanted, 72, _FONT)
    except ValueError as error:
        raise ValueError(f"the formula {tex!r} cannot be drawn: {error}") from error
    path = TextPath((0, 0), wanted, prop=_FONT)
    em = scale / _SIZE
    box = f"0 {-height:.2f} {width:.2f} {height + depth:.2f}"
    style = f"width:{width * em:.3f}em;height:{(height + depth) * em:.3f}em"
    return (
        f'<svg class="formula" role="img" aria-label="{html.escape(tex)}" viewBox="{box}" '
        f'style="{style};vertical-align:{-depth * em:.3f}em"><path d="{_outline(path)}"/></svg>'
    )


_LETTERS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}


def _outline(path: Path) -> str:
    """The words of SVG for a path; y goes down there."""
    words = []
    for points, code in path.iter_segments(simplify=False, curves=True):
        if code == Path.CLOSEPOLY:
            words.append("Z")
            continue
        pairs = zip(points[::2], -points[1::2])
        words.append(_LETTERS[code] + " ".join(f"{x:.2f} {y:.2f}" for x, y in pairs))
    return "".join(words)
