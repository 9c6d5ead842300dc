"""Docstrings as the tools of the site read them.

An `Example:` is one of their `Examples:`, and the arguments of a named tuple, whose constructor
they do not see, are its attributes.
"""

from __future__ import annotations

import re
from typing import Any

import griffe


class Sections(griffe.Extension):
    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is None:
            return
        text = re.sub(r"^Example:$", "Examples:", obj.docstring.value, flags=re.M)
        if obj.is_class and any(str(base) == "NamedTuple" for base in obj.bases):
            text = re.sub(r"^Args:$", "Attributes:", text, flags=re.M)
        obj.docstring.value = text
