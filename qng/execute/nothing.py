"""The executor of models, whose plans have nothing to execute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from qng.plan.request import Request, Result

NAME = "none"
"""How it is called, by a run that is read from a file, too."""


@dataclass(frozen=True)
class Nothing:
    """Answers no requests: the plans of a model have none."""

    name: ClassVar[str] = NAME
    noise: ClassVar[str] = ""
    settings: ClassVar[Mapping[str, str]] = {"name": NAME}
    answers: ClassVar[frozenset[type]] = frozenset()

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        """Nothing."""
        return []
