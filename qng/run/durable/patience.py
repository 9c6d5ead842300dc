"""How one process waits for a cloud: how long, how often, and when it leaves."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from qng.errors import NoReplyError, NotNowError
from qng.log import logger
from qng.run.durable.terms import Terms
from qng.run.durable.waiting import Broken, Parked, Waiting, line

T = TypeVar("T")

_LOG: Final = logger(__name__)

Tell = Callable[[str], None]
"""Hears in a line what is waited for."""


def _nothing(line: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Patience:
    """How one process waits.

    Args:
        terms: Of the run.
        leave: Whether it leaves as soon as a job waits, and after little trouble.
        tell: Hears what is waited for.
        sleep: Waits for so many seconds.
        now: The time, seconds since the epoch.
    """

    terms: Terms = field(default_factory=Terms)
    leave: bool = False
    tell: Tell = _nothing
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time

    @property
    def longest(self) -> float:
        """Seconds for which it bears that nothing answers."""
        return 2 * self.terms.poll if self.leave else self.terms.patience

    def say(self, what: str) -> None:
        """Tell whoever looks on of trouble that is being dealt with."""
        _LOG.info("%s", what)
        self.tell(what)

    def pause(self, why: str, seconds: float | None = None) -> None:
        """Wait until the next look.

        Args:
            why: For whoever looks on.
            seconds: Instead of the usual time.
        """
        _LOG.debug("%s", why)
        self.tell(why)
        self.sleep(self.terms.poll if seconds is None else seconds)

    def reached(self, ask: Callable[[], T], *safe: str) -> T:
        """What a cloud says, asked again while nothing answers; never for what makes a job.

        Args:
            ask: Asks it.
            safe: What is safe meanwhile and what to do, for the error.

        Raises:
            Parked: It says that it cannot now.
            Broken: Nothing has answered for too long.
            Waiting: The same, where the process leaves.
            RefusedError: It refuses.
        """
        began = self.now()
        while True:
            try:
                return ask()
            except NotNowError as error:
                if error.seconds is None or self._over(began):
                    raise Parked(line(error, *safe)) from error
                self.pause(str(error), error.seconds)
            except NoReplyError as error:
                if self._over(began):
                    gone = round(self.now() - began)
                    kind = Waiting if self.leave else Broken
                    raise kind(line(error, f"nothing has answered for {gone} s", *safe)) from error
                self.pause(str(error))

    def _over(self, began: float) -> bool:
        return self.now() - began >= self.longest
