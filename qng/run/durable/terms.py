"""On which terms a run waits for a device elsewhere: its budget, its pace, its patience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from qng import checks
from qng.errors import InputError


@dataclass(frozen=True)
class Terms:
    """What a run may spend, and how long it waits for what; kept with it in the ledger.

    Args:
        max_seconds: QPU seconds that it may be charged; None: no limit.
        poll: Seconds between two looks at a job.
        grace: Seconds after which a job whose reply was lost is taken as not made, if it is not
            found by then.
        posts_per_minute: Requests that make jobs, of all runs of a ledger together, at most.

    Raises:
        InputError: A number that makes no sense.
    """

    max_seconds: float | None = None
    poll: float = 10.0
    grace: float = 120.0
    posts_per_minute: int = 5

    def __post_init__(self) -> None:
        if self.max_seconds is not None:
            checks.positive("max_seconds", self.max_seconds)
        checks.positive("poll", self.poll)
        checks.not_negative("grace", self.grace)
        checks.whole("posts_per_minute", self.posts_per_minute, 1)

    @property
    def patience(self) -> float:
        """Seconds for which one process bears that nothing answers."""
        return 10 * self.grace

    def changed(self, **given: Any) -> Terms:
        """The terms with what is given in the place of their own; None changes nothing.

        Raises:
            InputError: As above, or no such term.
        """
        known = {f.name for f in fields(self)}
        for name in given:
            if name not in known:
                raise InputError(f"a run has no term {name}; it has {', '.join(sorted(known))}")
        return replace(self, **{name: value for name, value in given.items() if value is not None})

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)

    @staticmethod
    def of(plain: Mapping[str, Any]) -> Terms:
        """From JSON; terms that this version does not know are left out."""
        known = {f.name for f in fields(Terms)}
        return Terms(**{name: value for name, value in plain.items() if name in known})
