"""What can stand in a field of a class of ours, by how it is declared there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from qng.run.rooms import tags

# What cannot stand for a number, a text or an array.
_NO_NUMBER: Final = (str, list, dict)
_WRONG: Final = {"int": _NO_NUMBER, "float": _NO_NUMBER, "str": (int, float), "Array": (str, dict)}

_CLASSES: Final = frozenset(tags())


@dataclass(frozen=True)
class Declared:
    """What a field holds.

    Args:
        wrong: What it never is.
        of_class: Name of the class of ours that it is, or of which it has several; empty: another.
        several: Whether it is a tuple of them.
    """

    wrong: tuple[type, ...] = ()
    of_class: str = ""
    several: bool = False

    @staticmethod
    def of(kind: str) -> Declared:
        """By how the field is declared.

        Example:
            >>> Declared.of("Goal").holds(3.0), Declared.of("tuple[Step, ...]").holds(())
            (False, True)
        """
        found = re.fullmatch(r"(tuple\[)?(\w+)(, \.\.\.\])?", kind)
        if found is None or found[2] not in _CLASSES:
            return Declared(_WRONG.get(kind, ()))
        return Declared((), found[2], found[1] is not None)

    def holds(self, item: Any) -> bool:
        """Whether something can stand there."""
        if not self.of_class:
            return not isinstance(item, self.wrong)
        if self.several:
            return isinstance(item, (tuple, list)) and all(map(self._is, item))
        return self._is(item)

    def _is(self, item: Any) -> bool:
        return type(item).__name__ == self.of_class
