"""Where a method, a problem, a number or a piece of software comes from, so that it can be cited.

A `Source` is data. It is shown in two forms: an entry of BibTeX, and a line for tables and pages.
What of a source is not known is left empty, and is then in neither.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from qng.errors import InputError

_KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9:._+-]*")

_SPECIAL: Final = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        '"': "''",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
    }
)

_ACCENTS: Final = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0308": '"',
    "\u030a": "r",
    "\u030c": "v",
    "\u0327": "c",
}
"""The accents of TeX by their combining characters."""

_LETTERS: Final = {"ß": r"{\ss}", "ø": r"{\o}", "Ø": r"{\O}", "ł": r"{\l}", "Ł": r"{\L}"}


@dataclass(frozen=True)
class Source:
    """One thing that can be cited.

    Args:
        key: Of the BibTeX entry, unique in a list: letters, digits and `:._+-`.
        authors: One name each, family name last, as "James Stokes"; "others" at the end stands for
            those that are not named. A name in braces is that of a group: "{The qng developers}".
        title: Of the text, or the name of the software.
        year: When it appeared.
        journal: Or the book, or the conference.
        volume: Of the journal.
        pages: Or the number of the article.
        doi: Without its address, as "10.22331/q-2020-05-25-269".
        arxiv: The number, as "1909.02108".
        url: Where it is, where there is neither a DOI nor an arXiv number, or for software.
        version: Of the software; empty for texts.
        note: What a reader should know.

    Raises:
        InputError: A key that BibTeX cannot read.

    Example:
        >>> Source("stokes2020", ("James Stokes", "others"), "Quantum Natural Gradient", 2020,
        ...        arxiv="1909.02108").line()
        'Stokes et al., Quantum Natural Gradient (2020), arXiv:1909.02108'
    """

    key: str
    authors: tuple[str, ...]
    title: str
    year: int | None = None
    journal: str = ""
    volume: str = ""
    pages: str = ""
    doi: str = ""
    arxiv: str = ""
    url: str = ""
    version: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise InputError(
                f"the key {self.key!r} of a source is not one of BibTeX: begin with a letter and "
                "use letters, digits and :._+- only"
            )

    @property
    def link(self) -> str:
        """Where it can be read: that of its DOI, of arXiv, or its own address; "" if unknown."""
        if self.doi:
            return f"https://doi.org/{self.doi}"
        return f"https://arxiv.org/abs/{self.arxiv}" if self.arxiv else self.url

    def line(self) -> str:
        """One line for people: authors, title, where it appeared, and its numbers."""
        names = [_family(name) for name in self.authors if name != "others"]
        few = len(names) <= 4 and "others" not in self.authors
        who = ", ".join(names) if few else f"{names[0] if names else ''} et al.".strip()
        where = " ".join(part for part in (self.journal, self.volume) if part)
        where = ", ".join(part for part in (where, self.pages) if part)
        what = self.title + (f" {self.version}" if self.version else "")
        year = f"({self.year})" if self.year is not None else ""
        dated = " ".join(part for part in (where or what, year) if part)
        numbers = [
            f"doi:{self.doi}" if self.doi else "",
            f"arXiv:{self.arxiv}" if self.arxiv else "",
            self.url if not (self.doi or self.arxiv) else "",
        ]
        parts = [who, what if where else "", dated, *numbers, self.note]
        return ", ".join(part for part in parts if part)

    def short(self) -> str:
        """As it is cited in a table.

        Example:
            >>> Source("gupta2018", ("Vineet Gupta", "Tomer Koren"), "Shampoo", 2018).short()
            'Gupta and Koren 2018'
        """
        names = [_family(name) for name in self.authors if name != "others"]
        few = len(names) <= 2 and "others" not in self.authors
        who = " and ".join(names) if few else f"{names[0]} et al."
        return f"{who or self.title} {self.year or ''}".strip()

    def bibtex(self) -> str:
        """An entry that BibTeX and biber read, in plain ASCII.

        An article where there is a journal; else a `@misc`, for preprints and software.
        """
        fields = {
            "author": " and ".join(_author(name) for name in self.authors),
            # Twice in braces: styles leave its capitals as they are.
            "title": f"{{{_tex(self.title)}}}",
            "journal": _tex(self.journal),
            "volume": _tex(self.volume),
            "pages": _tex(self.pages).replace("–", "--"),
            "year": "" if self.year is None else str(self.year),
            "version": _tex(self.version),
            "doi": self.doi,
            "eprint": self.arxiv,
            "archiveprefix": "arXiv" if self.arxiv else "",
            "url": self.url,
            "note": _tex(self.note),
        }
        kind = "article" if self.journal else "misc"
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
        return "\n".join([f"@{kind}{{{self.key},", *lines, "}"])


def _family(name: str) -> str:
    return name[1:-1] if name.startswith("{") else name.rsplit(" ", 1)[-1]


def _author(name: str) -> str:
    return f"{{{_tex(name[1:-1])}}}" if name.startswith("{") else _tex(name)


def _tex(text: str) -> str:
    """Text that TeX prints as it is: its special characters escaped, accents as commands."""
    return "".join(_letter(letter) for letter in text.translate(_SPECIAL))


def _letter(letter: str) -> str:
    if letter.isascii() or letter == "–":
        return letter.replace("\n", " ")
    if letter in _LETTERS:
        return _LETTERS[letter]
    apart = unicodedata.normalize("NFD", letter)
    if len(apart) == 2 and apart[0].isascii() and apart[1] in _ACCENTS:
        return f"{{\\{_ACCENTS[apart[1]]}{{{apart[0]}}}}}"
    return "".join(c for c in unicodedata.normalize("NFKD", letter) if c.isascii())
