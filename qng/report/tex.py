r"""Words and numbers as LaTeX that every engine compiles: ASCII only, no package needed.

name_1, 50 %, Schrödinger      name\_1, 50 \%, Schr\"{o}dinger
1.6e-03, -0.1275(27), inf      $1.6\times10^{-3}$, $-0.1275(27)$, $\infty$
1.6e-3 [1.5e-3, 1.7e-3]        $1.6\,[1.5, 1.7]\times10^{-3}$
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

_PLAIN: Final = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "#": r"\#",
    "$": r"\$",
    "%": r"\%",
    "&": r"\&",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
    '"': "''",
    "`": "`{}",
    "\N{NO-BREAK SPACE}": "~",
    "\N{NARROW NO-BREAK SPACE}": r"\,",
    "\N{THIN SPACE}": r"\,",
    "\N{EN DASH}": "--",
    "\N{EM DASH}": "---",
    "\N{LEFT SINGLE QUOTATION MARK}": "`",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": "``",
    "\N{RIGHT DOUBLE QUOTATION MARK}": "''",
    "\N{HORIZONTAL ELLIPSIS}": r"\ldots{}",
    "\N{LATIN SMALL LETTER SHARP S}": r"\ss{}",
    "\N{LATIN SMALL LETTER AE}": r"\ae{}",
    "\N{LATIN CAPITAL LETTER AE}": r"\AE{}",
    "\N{LATIN SMALL LIGATURE OE}": r"\oe{}",
    "\N{LATIN CAPITAL LIGATURE OE}": r"\OE{}",
    "\N{LATIN SMALL LETTER O WITH STROKE}": r"\o{}",
    "\N{LATIN CAPITAL LETTER O WITH STROKE}": r"\O{}",
    "\N{LATIN SMALL LETTER L WITH STROKE}": r"\l{}",
    "\N{LATIN CAPITAL LETTER L WITH STROKE}": r"\L{}",
    "\N{LATIN SMALL LETTER DOTLESS I}": r"\i{}",
    "\N{SECTION SIGN}": r"\S{}",
    "\N{LATIN SMALL LETTER H WITH STROKE}": r"$\hbar$",
    "\N{PLANCK CONSTANT OVER TWO PI}": r"$\hbar$",
    "\N{ANGSTROM SIGN}": r"\AA{}",
}

# Written in mathematics.
_MATHEMATICS: Final = {
    "\N{MINUS SIGN}": "-",
    "\N{MULTIPLICATION SIGN}": r"\times",
    "\N{DIVISION SIGN}": r"\div",
    "\N{PLUS-MINUS SIGN}": r"\pm",
    "\N{DOT OPERATOR}": r"\cdot",
    "\N{MIDDLE DOT}": r"\cdot",
    "\N{DEGREE SIGN}": r"^{\circ}",
    "\N{MICRO SIGN}": r"\mu",
    "\N{LESS-THAN OR EQUAL TO}": r"\le",
    "\N{GREATER-THAN OR EQUAL TO}": r"\ge",
    "\N{NOT EQUAL TO}": r"\ne",
    "\N{ALMOST EQUAL TO}": r"\approx",
    "\N{INFINITY}": r"\infty",
    "\N{GREEK PHI SYMBOL}": r"\phi",
    "\N{GREEK LUNATE EPSILON SYMBOL}": r"\epsilon",
    "\N{GREEK SMALL LETTER FINAL SIGMA}": r"\varsigma",
    "\N{RIGHTWARDS ARROW}": r"\to",
    "\N{LEFTWARDS ARROW}": r"\leftarrow",
    "\N{SQUARE ROOT}": r"\surd",
    "\N{N-ARY SUMMATION}": r"\sum",
    "\N{PARTIAL DIFFERENTIAL}": r"\partial",
    "\N{NABLA}": r"\nabla",
    "\N{CIRCLED TIMES}": r"\otimes",
    "\N{CIRCLED PLUS}": r"\oplus",
    "\N{DAGGER}": r"\dagger",
    "\N{MATHEMATICAL LEFT ANGLE BRACKET}": r"\langle",
    "\N{MATHEMATICAL RIGHT ANGLE BRACKET}": r"\rangle",
    "\N{LEFT-POINTING ANGLE BRACKET}": r"\langle",
    "\N{RIGHT-POINTING ANGLE BRACKET}": r"\rangle",
}

_ACCENTS: Final = {
    "\N{COMBINING GRAVE ACCENT}": r"\`",
    "\N{COMBINING ACUTE ACCENT}": r"\'",
    "\N{COMBINING CIRCUMFLEX ACCENT}": r"\^",
    "\N{COMBINING TILDE}": r"\~",
    "\N{COMBINING MACRON}": r"\=",
    "\N{COMBINING BREVE}": r"\u",
    "\N{COMBINING DOT ABOVE}": r"\.",
    "\N{COMBINING DIAERESIS}": r"\"",
    "\N{COMBINING RING ABOVE}": r"\r",
    "\N{COMBINING DOUBLE ACUTE ACCENT}": r"\H",
    "\N{COMBINING CARON}": r"\v",
    "\N{COMBINING CEDILLA}": r"\c",
    "\N{COMBINING DOT BELOW}": r"\d",
}

# Capital letters that look like Latin ones have no command, and neither has omicron.
_LATIN: Final = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEZHIKMNOPTYXo"))

_NUMBER: Final = re.compile(r"([-+]?\d+(?:\.\d+)?)(?:e([-+]?\d+))?(\(\d+\))?")


def words(text: str) -> str:
    r"""Text with everything that LaTeX reads otherwise escaped.

    Characters that have no command become their code in brackets.

    Args:
        text: In one line; other white space is a space.

    Example:
        >>> words("qng_blocks@0.05 & 50%")
        'qng\\_blocks@0.05 \\& 50\\%'
        >>> words("θ_1 -- Schrödinger, 中")
        '$\\theta$\\_1 -{}- Schr\\"{o}dinger, [U+4E2D]'
    """
    plain = unicodedata.normalize("NFC", " ".join(text.split()))
    # Two hyphens would be a dash.
    return "{}".join("".join(map(_character, part)) for part in re.split("(?<=-)(?=-)", plain))


def number(text: str) -> str:
    r"""A number as it is printed elsewhere, such as -1.6e-03 or 0.12(3), in mathematics.

    Args:
        text: A number with or without the error of its last digits, "inf", "<1e-12" or ">3e4"; all
            else is taken for words.

    Example:
        >>> number("1.6e-03"), number("-0.1275(27)"), number("<1e-12"), number("inf")
        ('$1.6\\times10^{-3}$', '$-0.1275(27)$', '${<}10^{-12}$', '$\\infty$')
    """
    sign, rest = ("", text) if text[:1] not in ("<", ">") else (f"{{{text[0]}}}", text[1:])
    if rest.lstrip("+-") in ("inf", "∞"):
        return f"${sign}{'-' if rest.startswith('-') else ''}\\infty$"
    found = _NUMBER.fullmatch(rest)
    if found is None:
        return words(text)
    written = sign + _power(*found.groups(""))
    return written if re.fullmatch(r"[\d.,()\\]+", written) else f"${written}$"


def interval(middle: float, low: float, high: float, figures: int = 3, sign: str = "") -> str:
    r"""A positive number between two others, in mathematics, with one power of ten for all three.

    Args:
        middle: The number; infinite ones are written so.
        low: The lower bound.
        high: The upper bound.
        figures: Digits of each.
        sign: "<" or ">" before the number.

    Example:
        >>> interval(3204, 1921, math.inf), interval(1.62e-3, 1.6e-3, 1.66e-3, 2)
        ('$3200\\,[1920, \\infty]$', '$1.6\\,[1.6, 1.7]\\times10^{-3}$')
        >>> interval(25100, 0, 31000, sign=">")
        '${>}2.51\\,[0, 3.10]\\times10^{4}$'
    """
    power = _shared_power([middle, low, high])
    if power is None:
        parts = [scientific(value, figures) for value in (middle, low, high)]
        factor = ""
    else:
        parts = [_scaled(value, power, figures) for value in (middle, low, high)]
        factor = f"\\times10^{{{power}}}" if power else ""
    first = f"{{{sign}}}{parts[0]}" if sign else parts[0]
    return f"${first}\\,[{parts[1]}, {parts[2]}]{factor}$"


def scientific(value: float, figures: int = 3) -> str:
    r"""A number in powers of ten, plain from 0.1 to 9999; inside of mathematics.

    Example:
        >>> scientific(25000.0), scientific(1920.3), scientific(0.25), scientific(52.0)
        ('2.50\\times10^{4}', '1920', '0.250', '52')
    """
    power = _shared_power([value]) or 0
    scaled = _scaled(value, power, figures)
    return f"{scaled}\\times10^{{{power}}}" if power else scaled


def _shared_power(values: Sequence[float]) -> int | None:
    """The power of ten in which all are written: of the first that has one; None: none is good."""
    sizes = [abs(value) for value in values if value and math.isfinite(value)]
    if not sizes:
        return 0
    if max(sizes) >= 1000 * min(sizes):
        return None
    power = math.floor(math.log10(float(f"{sizes[0]:.3g}")))
    return 0 if -1 <= power < 4 else power


def _scaled(value: float, power: int, figures: int) -> str:
    """A number in units of a power of ten."""
    if not math.isfinite(value):
        return "\\infty" if value > 0 else "-\\infty" if value < 0 else "?"
    if not value:
        return "0"
    scaled = value / 10.0**power
    if not power and scaled.is_integer() and abs(scaled) < 1000:
        return f"{scaled:.0f}"
    size = math.floor(math.log10(abs(float(f"{scaled:.{figures}g}"))))
    places = max(figures - 1 - size, 0)
    return digits(f"{round(scaled, figures - 1 - size):.{places}f}")


def digits(value: str) -> str:
    r"""Many digits in groups of three.

    Example:
        >>> digits("1200"), digits("-1234567")
        ('1200', '-1\\,234\\,567')
    """
    whole, point, rest = value.partition(".")
    if len(whole.lstrip("-")) > 4:
        whole = re.sub(r"(?<=\d)(?=(\d{3})+$)", r"\,", whole)
    return whole + point + rest


def _power(mantissa: str, exponent: str, error: str) -> str:
    known = f"{digits(mantissa)}{error}"
    if not exponent or int(exponent) == 0:
        return known
    if exponent and int(exponent) == -1 and not error:
        places = len(mantissa.partition(".")[2]) + 1
        return f"{float(mantissa) / 10:.{places}f}"
    power = f"10^{{{int(exponent)}}}"
    return power if known == "1" else f"{known}\\times{power}"


def _character(character: str) -> str:
    if character in _PLAIN:
        return _PLAIN[character]
    if character in _MATHEMATICS:
        return f"${_MATHEMATICS[character]}$"
    if character in _LATIN:
        return _LATIN[character]
    if character.isascii():
        return character if character.isprintable() else ""
    name = unicodedata.name(character, "")
    if greek := re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER ([A-Z]+)", name):
        size, letter = greek.groups()
        letter = {"LAMDA": "LAMBDA"}.get(letter, letter).lower()
        return f"$\\{letter if size == 'SMALL' else letter.capitalize()}$"
    return _decomposed(character)


def _decomposed(character: str) -> str:
    """A letter with its accents, an index or an exponent, or the code."""
    letter, *marks = list(unicodedata.normalize("NFD", character))
    if marks and letter.isascii() and all(mark in _ACCENTS for mark in marks):
        for mark in marks:
            letter = f"{_ACCENTS[mark]}{{{letter}}}"
        return letter
    kind = unicodedata.decomposition(character)
    same = unicodedata.normalize("NFKD", character)
    if same.isascii() and same.isprintable() and kind:
        low, high = kind.startswith("<sub>"), kind.startswith("<super>")
        written = "".join(map(_character, same))
        return f"$_{{{same}}}$" if low else f"$^{{{same}}}$" if high else written
    return f"[U+{ord(character):04X}]"
