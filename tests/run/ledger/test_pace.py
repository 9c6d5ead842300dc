"""Jobs a minute: never too many, and never none for long, whatever the clocks do."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qng.run.ledger import Ledger, pace
from qng.run.ledger.opening import created
from qng.run.ledger.store import Store
from tests.run.ledger.made import begun, task


@dataclass
class Clocks:
    """Those of a machine; the true time is known to the test only."""

    true: float = 0.0
    wall: float = 1.8e9
    boot: float = 500.0
    CLOCK_BOOTTIME: int = 7

    def time(self) -> float:
        return self.wall

    def clock_gettime(self, clock: int) -> float:
        assert clock == self.CLOCK_BOOTTIME
        return self.boot

    def pass_by(self, seconds: float) -> None:
        self.true += seconds
        self.wall += seconds
        self.boot += seconds


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    found = Clocks()
    monkeypatch.setattr(pace, "time", found)
    return found


def asked(store: Store, limit: int) -> float:
    seconds, number = pace.may_post(store, limit)
    assert (seconds == 0) == (number > 0)
    assert 0 <= seconds <= pace.WINDOW
    return seconds


waits = st.floats(0, 90)
steps = st.floats(-4000, 4000)
moves = st.lists(st.tuples(waits, st.just("wall"), steps), max_size=40)
reboots = st.lists(st.tuples(waits, st.just("boot"), st.floats(0, 900)), max_size=40)


@given(
    st.one_of(moves, reboots),
    st.integers(1, 6),
    st.lists(st.floats(0, 30), min_size=1, max_size=40),
)
def test_never_more_than_the_limit_in_a_minute(
    changes: list[Any], limit: int, pauses: list[float]
) -> None:
    clocks, posts = Clocks(), []
    store = created(Path("pace.db"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pace, "time", clocks)
        for k in range(120):
            if not asked(store, limit):
                posts.append(clocks.true)
            clocks.pass_by(pauses[k % len(pauses)])
            if k < len(changes):
                wait, which, value = changes[k]
                clocks.pass_by(wait / 10)
                if which == "wall":
                    clocks.wall += value
                else:
                    clocks.boot = value
        # In the end it may post again, once the time has come that was said.
        end = clocks.true + 3 * pace.WINDOW
        while (seconds := asked(store, limit)) and clocks.true < end:
            clocks.pass_by(seconds)
        assert seconds == 0
    store.close()
    for k in range(len(posts) - limit):
        assert posts[k + limit] - posts[k] > 60


def test_a_limit_is_used_up_and_comes_back(clocks: Clocks) -> None:
    store = created(Path("pace.db"))
    for _ in range(5):
        assert asked(store, 5) == 0
        clocks.pass_by(1)
    assert asked(store, 5) == pytest.approx(56)
    # Who may post more often is told by its own limit.
    assert asked(store, 6) == 0
    clocks.pass_by(56)
    assert asked(store, 6) == 0
    assert len(store.rows("posts")) == 6
    clocks.pass_by(1000)
    assert asked(store, 5) == 0
    assert len(store.rows("posts")) == 1
    store.close()


def test_a_clock_that_was_ahead_before_a_restart_does_not_stop_anything(clocks: Clocks) -> None:
    store = created(Path("pace.db"))
    clocks.wall += 10_000_000
    assert asked(store, 1) == 0
    clocks.wall -= 10_000_000
    clocks.boot = 1.0
    assert asked(store, 1) == pace.WINDOW
    clocks.pass_by(pace.WINDOW)
    assert asked(store, 1) == 0
    store.close()


def test_a_request_counts_from_its_answer(clocks: Clocks, tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "runs.db", create=True) as ledger:
        begun(ledger, task())
        assert ledger.may_post(1) == 0
        clocks.pass_by(40)
        ledger.posted()
        clocks.pass_by(50)
        assert ledger.may_post(1) == pytest.approx(11)
        clocks.pass_by(11)
        ledger.posted()  # of nothing
        assert ledger.may_post(1) == 0
