"""Files that a program includes: the standard gates, and files next to it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from openqasm3 import ast

from qng.circuit.convert.qasm.calls import Gates
from qng.circuit.convert.qasm.source import Source
from qng.circuit.convert.qelib1 import QELIB1
from qng.circuit.convert.stdgates import STDGATES

_LARGEST: Final = 2**24
"""Bytes of a file."""


def library_of(node: ast.Include, gates: Gates, version: int, source: Source) -> bool:
    """Make the standard gates known, where these are included; whether they are.

    Gates of the other version's file are known too, but a text may define them itself.

    Raises:
        QasmError: Gates that the text has defined before, or the file of the other version.
    """
    known = ("qelib1.inc", "stdgates.inc")
    if node.filename not in known:
        return False
    if node.filename != gates.library:
        header = "OPENQASM 2.0;" if version == 3 else "OPENQASM 3.0;"
        source.fail(
            node, f'"{node.filename}" is of the other version: begin the text with {header}'
        )
    own, other = (QELIB1, STDGATES) if version == 2 else (STDGATES, QELIB1)
    again = gates.library in gates.included
    taken = sorted(gates.known.keys() & own.keys()) if not again and version == 3 else []
    if taken:
        source.fail(node, f"{gates.library} defines {', '.join(taken)} a second time")
    if not again:
        for name, gate in {**other, **own}.items():
            if gates.known.setdefault(name, gate) is gate and (version == 2 or name not in own):
                gates.loose.add(name)
        gates.included.add(gates.library)
    return True


def text_of(
    node: ast.Include, folder: Path | None, files: tuple[Path, ...], source: Source
) -> tuple[Path, str]:
    """(path, text) of an included file.

    Args:
        node: The statement.
        folder: Where the including file is; None where it is no file.
        files: Those that are being read.
        source: The text.

    Raises:
        QasmError: No such file, or one that includes itself.
    """
    name = node.filename
    if folder is None:
        source.fail(
            node,
            f'include "{name}" is looked for next to the file: give its path instead of its text',
        )
    path = (folder / name).resolve()
    if path in files:
        source.fail(node, f'"{name}" includes itself')
    try:
        if path.stat().st_size > _LARGEST:
            source.fail(node, f'"{name}" is larger than {_LARGEST >> 20} MiB')
        return path, path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        source.fail(node, f'"{name}" cannot be read: {why}')
