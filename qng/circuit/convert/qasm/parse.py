"""Text of OpenQASM 2 or 3 to a tree: which version it is, what the parser is given, its errors."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stderr
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import openqasm3
from openqasm3 import ast
from openqasm3.parser import QASM3ParsingError

from qng.circuit.convert.qasm.parse2 import parse2
from qng.circuit.convert.qasm.source import POW, Source, blanked, parsable, position
from qng.errors import QasmError

_HEADER: Final = re.compile(r"\s*OPENQASM\s+([^\s;]+)")

# Trees of texts up to this length are kept, those of the library among them: nobody changes them.
_SHORT: Final = 2**16


@dataclass(frozen=True)
class Program:
    """A parsed text.

    Args:
        source: To say where something stands.
        tree: Its statements.
        version: 2 or 3.
        constant: (line, column) of the declarations of arrays that are constant.
    """

    source: Source
    tree: ast.Program
    version: int
    constant: frozenset[tuple[int, int]] = frozenset()


def parse(text: str, version: int | None = None) -> Program:
    """The tree of a program.

    Args:
        text: The program; a byte order mark is ignored.
        version: Of a text without a header, 2 or 3; 3 by default.

    Raises:
        QasmError: With line and column: another version, which is looked at first, or text that is
            not of its version.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    bare = blanked(text)
    if not bare.strip():
        raise QasmError("the text is empty; an OpenQASM program is expected", 1, 1)
    header = _HEADER.match(bare)
    number = {None: "3", 2: "2.0", 3: "3.0"}[version] if header is None else header[1]
    if re.fullmatch(r"2(\.0)?", number):
        source = Source(text, offsets=False)
        return Program(source, parse2(text), 2)
    if not re.fullmatch(r"3(\.\d+)?", number):
        line, column = position(bare, len(bare) - len(bare.lstrip()))
        raise QasmError(f"OPENQASM {number} is not supported; OPENQASM 2.0 and 3 are", line, column)
    written, constant = parsable(text)
    return Program(Source(text), _parse3(written), 3, constant)


def _parse3(text: str) -> ast.Program:
    try:
        # The parser's listener prints what it also raises.
        with redirect_stderr(io.StringIO()):
            return _kept(text) if len(text) <= _SHORT else openqasm3.parse(text)
    except QASM3ParsingError as error:
        given = re.fullmatch(r"L(\d+):C(\d+): (.*)", str(error), flags=re.DOTALL)
        if given is not None:
            raise QasmError(given[3], int(given[1]), int(given[2]) + 1) from error
        token = getattr(_recognition(error), "offendingToken", None)
        if token is None:
            raise QasmError("the text is not OpenQASM 3", 1, 1) from error
        what = (
            "the end of the text" if token.text == "<EOF>" else repr(token.text.replace(POW, "pow"))
        )
        raise QasmError(
            f"syntax error: {what} is not expected here (is a ';' or a ')' missing before it?)",
            token.line,
            token.column + 1,
        ) from error
    except (RecursionError, ValueError) as error:
        raise QasmError(f"the text cannot be parsed: {error}", 1, 1) from error


@lru_cache(maxsize=64)
def _kept(text: str) -> ast.Program:
    return openqasm3.parse(text)


def _recognition(error: QASM3ParsingError) -> object:
    cause = error.__cause__
    if cause is None or not cause.args:
        return None
    found: object = cause.args[0]
    return found
