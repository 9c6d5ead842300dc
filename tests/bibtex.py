"""A small reader of BibTeX."""

from __future__ import annotations

import re


def read(text: str) -> dict[str, dict[str, str]]:
    """The entries of a BibTeX text by key; what is not of its grammar is an AssertionError."""
    found: dict[str, dict[str, str]] = {}
    at = 0
    while match := re.compile(r"\s*@(\w+)\{([^,\s]+),\s*").match(text, at):
        kind, key = match.groups()
        assert kind in ("article", "misc")
        assert key not in found, f"{key} stands twice"
        fields: dict[str, str] = {}
        at = match.end()
        while field := re.compile(r"(\w+)\s*=\s*\{").match(text, at):
            depth, end = 1, field.end()
            while depth:
                step = 2 if text[end] == "\\" else 1
                depth += {"{": 1, "}": -1}.get(text[end], 0)
                end += step
            assert field[1] not in fields
            fields[field[1]] = text[field.end() : end - 1]
            comma = re.compile(r"\s*,\s*").match(text, end)
            assert comma is not None
            at = comma.end()
        assert text[at] == "}"
        at += 1
        found[key] = fields
    assert not text[at:].strip(), text[at:]
    return found
