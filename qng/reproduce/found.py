"""Which entries there are: one file each, in `qng/reproduce/entries` or anywhere."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TypeVar

from qng.errors import InputError, QngError, UnknownNameError
from qng.reproduce import entries as room
from qng.reproduce.entry import Entry

T = TypeVar("T")


@dataclass(frozen=True)
class Found:
    """What is in the folder of entries.

    Args:
        entries: By id, in order.
        broken: Why a file is none, by its name.
    """

    entries: dict[str, Entry]
    broken: dict[str, str]


@cache
def entries() -> Found:
    """All entries of the package; a file that is none does not hide the others."""
    found: dict[str, Entry] = {}
    broken: dict[str, str] = {}
    names = sorted(module.name for module in iter_modules(room.__path__))
    for name in names:
        try:
            load = partial(import_module, f"{room.__name__}.{name}")
            entry = _entry_of(load, f"{name}.py")
            taken = {known.lower(): known for known in found}
            if entry.id.lower() in taken:
                raise InputError(f"{name}.py: there is another entry {entry.id}")
            found[entry.id] = entry
        except InputError as error:
            broken[f"{name}.py"] = str(error)
    return Found(in_order(found), broken)


def entry(name: str) -> Entry:
    """An entry by its id, whatever the case, or from a file.

    Args:
        name: "P2", or the path of a file that defines `ENTRY`: "my_entry.py".

    Raises:
        InputError: No such entry or file, or a file that defines none.
    """
    if name.endswith(".py"):
        return _unlike_ours(from_file(Path(name)), Path(name))
    known = entries()
    spelled = {id.lower(): id for id in known.entries}
    if name.lower() in spelled:
        return known.entries[spelled[name.lower()]]
    if f"{name.lower()}.py" in known.broken:
        raise InputError(known.broken[f"{name.lower()}.py"])
    raise UnknownNameError("entry", name, known.entries)


def _unlike_ours(found: Entry, path: Path) -> Entry:
    """An entry of a file, whose results cannot be taken for those of one of the package.

    Raises:
        InputError: They would be.
    """
    folder = Path(room.__path__[0]).resolve()
    taken = (folder / f"{found.id.lower()}.py").is_file()
    if taken and path.resolve().parent != folder:
        raise InputError(f"{path}: {found.id} is an entry of qng: give yours another id")
    return found


def from_file(path: Path) -> Entry:
    """The entry of a file.

    Raises:
        InputError: There is no such file, it cannot be run, or defines no `ENTRY`.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}; a file of an entry defines ENTRY = Entry(...)")

    def run() -> object:
        name = "qng_entry_" + re.sub(r"\W", "_", path.stem)
        spec = importlib.util.spec_from_file_location(name, path.resolve())
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        finally:
            # Other processes cannot import it: its functions are sent to them whole.
            del sys.modules[name]
        return module

    return _entry_of(run, str(path))


def _entry_of(load: Callable[[], object], where: str) -> Entry:
    """What a module defines as `ENTRY`.

    Raises:
        InputError: It cannot be loaded, or defines none.
    """
    try:
        module = load()
    except QngError as error:
        raise InputError(f"{where}: {error}") from error
    except (Exception, SystemExit) as error:
        why = " ".join(str(error).split())
        raise InputError(f"{where} cannot be read: {type(error).__name__}: {why}") from error
    found = getattr(module, "ENTRY", None)
    if not isinstance(found, Entry):
        raise InputError(f"{where} defines no entry: it must say ENTRY = Entry(...)")
    return found


def in_order(table: Mapping[str, T]) -> dict[str, T]:
    """What is told by the ids of entries, in their order: P2 comes before P10."""
    return {id: table[id] for id in sorted(table, key=_order)}


def _order(id: str) -> tuple[str, int, str]:
    match = re.match(r"([A-Za-z]+)(\d*)(.*)", id)
    assert match is not None
    return match[1], int(match[2] or 0), match[3]
