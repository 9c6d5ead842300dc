"""Docstrings as the tools of the site read them: an `Example:` is one of their `Examples:`."""

from __future__ import annotations

import re
from typing import Any

import griffe


class Sections(griffe.Extension):
    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = re.sub(r"^Example:$", "Examples:", obj.docstring.value, flags=re.M)
