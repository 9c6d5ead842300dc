"""Docstrings of the house, read: what they say first, of their arguments, and in their sections.

One sentence, or a name: the equation.          summary
More, with formulas that are indented.          text
Args: / Hyperparameters:                        arguments
Returns: / Raises: / Cost: / Reference: / ...   sections
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_HEAD: Final = re.compile(
    r"(Args|Hyperparameters|Returns|Yields|Raises|Cost|Reference|Example):(?: (.*))?$"
)
_ARGUMENT: Final = re.compile(r"\*{0,2}(\w+): (.*)")


@dataclass(frozen=True)
class Docstring:
    """What a docstring says.

    Args:
        summary: Its first paragraph, in one line.
        text: What follows before the first section, with its lines.
        arguments: What is said of each, in one line.
        sections: The others by their heads, lines as they are.
    """

    summary: str = ""
    text: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)

    def line(self, section: str) -> str:
        """A section in one line; "" where there is none."""
        return " ".join(self.sections.get(section, "").split())


def read(of: Any) -> Docstring:
    """The docstring of a function, a class or a module.

    Example:
        >>> found = read(read)
        >>> found.summary
        'The docstring of a function, a class or a module.'
        >>> sorted(found.sections)
        ['Example']
    """
    parts: dict[str, list[str]] = {"": []}
    head = ""
    for line in (inspect.getdoc(of) or "").splitlines():
        if begun := _HEAD.match(line):
            head = begun[1]
            parts[head] = [begun[2]] if begun[2] else []
        else:
            parts[head].append(line)
    first, _, rest = "\n".join(parts.pop("")).partition("\n\n")
    arguments = _arguments([*parts.pop("Args", []), *parts.pop("Hyperparameters", [])])
    sections = {name: inspect.cleandoc("\n".join(lines)) for name, lines in parts.items()}
    return Docstring(" ".join(first.split()), rest.strip("\n"), arguments, sections)


def _arguments(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for line in inspect.cleandoc("\n".join(lines)).splitlines():
        begun = _ARGUMENT.match(line)
        if begun:
            name = begun[1]
            found[name] = begun[2].strip()
        elif name and line.strip():
            found[name] += f" {line.strip()}"
    return found
