"""How often jobs may be made: a window of all processes together, whatever their clocks do."""

from __future__ import annotations

import time
from typing import Final

from qng.run.ledger.store import Row, Store

WINDOW: Final = 61.0
"""Seconds: those of the service's minute, and one for the way there."""

# What is left of a wait is never below what clocks can tell.
_LEAST: Final = 0.01

_AT_ONCE: Final = 0.5


def may_post(store: Store, limit: float) -> tuple[float, int]:
    """Whether a job may be made now; if so, that is noted.

    Args:
        store: Of all that make jobs.
        limit: Jobs within any minute, at least 1.

    Returns:
        (0 where it may; else the seconds to wait before asking again, the number of the note).
    """
    with store.transaction():
        now, tick = time.time(), _tick()
        ages = {}
        for row in store.rows("posts"):
            age = _age(row, now, tick)
            if age is None:
                # Noted before a restart by a clock that was ahead: as good as now.
                store.update("posts", {"number": row["number"]}, at=now, tick=tick)
                age = 0.0
            if age >= WINDOW:
                store.delete("posts", number=row["number"])
            else:
                ages[row["number"]] = age
        most = max(int(limit), 1)
        if len(ages) >= most:
            return max(WINDOW - sorted(ages.values())[most - 1], _LEAST), 0
        last = store.last("posts")
        number = 1 if last is None else last["number"] + 1
        store.insert("posts", number=number, at=now, tick=tick)
    return 0.0, number


def posted(store: Store, number: int) -> None:
    """The request that was noted has been answered: it has arrived by now, maybe long after that.

    Where this was at once, the window has room for it.
    """
    row, tick = store.row("posts", number=number), _tick()
    if row is None or 0 <= tick - row["tick"] < _AT_ONCE:
        return
    with store.transaction():
        if store.row("posts", number=number) is not None:
            store.update("posts", {"number": number}, at=time.time(), tick=tick)


def _age(row: Row, now: float, tick: float) -> float | None:
    """Seconds since it was noted, rather too few; None where no clock can say.

    The time of day may be set; the ticks since the machine was started may have begun anew.
    """
    said = [now - row["at"], tick - row["tick"]]
    return min((age for age in said if age >= 0), default=None)


def _tick() -> float:
    """Seconds since the machine was started, as all its processes count them."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)
