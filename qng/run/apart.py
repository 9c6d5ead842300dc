"""What many values share, such as the problem of all runs of a comparison, beside a text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Apart:
    """Values that stand apart from a text, in which only their numbers are.

    Args:
        values: They are known as these very objects, not by their equals.
        kinds: Names of classes whose objects are added where they are met.
    """

    def __init__(self, values: Iterable[Any] = (), kinds: Iterable[str] = ()) -> None:
        self.values = list(values)
        self._kinds = frozenset(kinds)
        self._places = {id(value): number for number, value in enumerate(self.values)}

    def place(self, value: Any) -> int | None:
        """The number of a value; None where it does not stand apart."""
        if id(value) not in self._places and type(value).__name__ in self._kinds:
            self._places[id(value)] = len(self.values)
            self.values.append(value)
        return self._places.get(id(value))
