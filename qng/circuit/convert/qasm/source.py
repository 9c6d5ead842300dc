"""The text of a program: where in it something stands, and what of it the parser is given."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NoReturn

from openqasm3 import ast

from qng.errors import QasmError

POW: Final = "pοw"
"""The function pow for the parser, to which pow is the modifier only: the o is Greek."""

_COMMENT: Final = re.compile(r'"[^"\n]*"|//[^\n]*|/\*.*?\*/', flags=re.DOTALL)
_POW: Final = re.compile(r"\bpow(?=\s*\()")
_CONST_ARRAY: Final = re.compile(r"\bconst(?=\s+array\b)")


@dataclass(frozen=True)
class Source:
    """A text, to say where in it something stands.

    Args:
        text: The text.
        offsets: Whether the parser gives some tokens their offset in the whole text for a column,
            as that of OpenQASM 3 does.
    """

    text: str
    offsets: bool = True

    def fail(self, node: ast.QASMNode, message: str) -> NoReturn:
        """Raises a QasmError at the node."""
        line, column = place_of(node)
        raise QasmError(message, line, column)

    def fail_at_name(self, name: ast.Identifier, message: str) -> NoReturn:
        """Raises a QasmError at a name that is a bare token of a statement."""
        assert name.span is not None
        line, offset = name.span.start_line, name.span.start_column
        before = sum(len(row) + 1 for row in self.text.split("\n")[: line - 1])
        found = self.offsets and offset >= before and self.text.startswith(name.name, offset)
        raise QasmError(message, line, (offset - before if found else offset) + 1)


def place_of(node: ast.QASMNode) -> tuple[int, int]:
    """(line, column) of a node, both from 1."""
    span = node.span
    return (span.start_line, span.start_column + 1) if span else (1, 1)


def position(text: str, at: int) -> tuple[int, int]:
    """(line, column) of a character, both from 1."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def blanked(text: str) -> str:
    """The text with spaces for comments and strings, everything else where it was."""
    return _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def parsable(text: str) -> tuple[str, frozenset[tuple[int, int]]]:
    """A text that the parser of OpenQASM 3 reads, and where in it arrays are constant.

    The parser knows pow as a modifier only, and no `const` before an array. Everything stays where
    it was.

    Returns:
        The text, and (line, column) of the declarations without their `const`.
    """
    bare = blanked(text)
    written, constant = list(text), set()
    for found in _POW.finditer(bare):
        if not _is_modifier(bare, found.end()):
            written[found.start() : found.end()] = POW
    for found in _CONST_ARRAY.finditer(bare):
        written[found.start() : found.end()] = " " * len(found[0])
        at = re.compile(r"\s*").match(bare, found.end())
        assert at is not None
        constant.add(position(bare, at.end()))
    return "".join(written), frozenset(constant)


def _is_modifier(text: str, start: int) -> bool:
    """Whether an @ follows the parentheses that come next."""
    depth = 0
    for k in range(text.index("(", start), len(text)):
        depth += {"(": 1, ")": -1}.get(text[k], 0)
        if depth == 0:
            return text[k + 1 :].lstrip().startswith("@")
    return False
