"""On which terms a run waits, and what it says when it does not go on."""

from pathlib import Path
from typing import Any

import pytest

from qng.errors import InputError, NoReplyError, NotNowError
from qng.run.durable.halts import go_on
from qng.run.durable.patience import Patience
from qng.run.durable.terms import Terms
from qng.run.durable.waiting import Broken, Parked, Waiting
from tests.clouds import Clock


def test_terms_survive_json_and_change_by_name() -> None:
    terms = Terms(max_seconds=60.0, poll=0.5, grace=3.0, posts_per_minute=2)
    assert Terms.of({**terms.plain(), "of a later version": 1}) == terms
    assert terms.changed(poll=None, grace=5.0) == Terms(60.0, 0.5, 5.0, 2)
    assert terms.patience == 30.0
    with pytest.raises(InputError, match=r"no term pace; it has grace, max_seconds, poll"):
        terms.changed(pace=1)


@pytest.mark.parametrize(
    "bad",
    [{"max_seconds": 0.0}, {"poll": 0.0}, {"grace": -1.0}, {"posts_per_minute": 0}],
)
def test_terms_that_make_no_sense(bad: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(bad))):
        Terms(**bad)


def test_the_command_that_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = "1a2b3c4d5e6f"
    assert go_on(run, tmp_path / "qng-runs.db") == "qng resume 1a2b3c4d"
    assert go_on(run, Path("my runs.db"), "collect") == (
        "qng collect 1a2b3c4d --ledger 'my runs.db'"
    )
    assert go_on(run, Path("/a/qng-runs.db")) == "qng resume 1a2b3c4d --ledger /a/qng-runs.db"


class Answers:
    """Says one thing after another."""

    def __init__(self, *said: Any) -> None:
        self.said = list(said)

    def __call__(self) -> Any:
        word = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        if isinstance(word, Exception):
            raise word
        return word


def test_how_long_a_process_waits() -> None:
    clock, told = Clock(), []
    gone, busy = NoReplyError("gone"), NotNowError("busy", seconds=7.0)
    patience = Patience(Terms(), tell=told.append, sleep=clock.sleep, now=clock.now)
    assert patience.reached(Answers(gone, busy, gone, "here"), "all is safe") == "here"
    assert (clock.slept, told) == ([10.0, 7.0, 10.0], ["gone", "busy", "gone"])
    with pytest.raises(Broken, match="gone; nothing has answered for 1200 s; all is safe"):
        patience.reached(Answers(gone), "all is safe")
    with pytest.raises(Parked, match="closed; all is safe"):
        patience.reached(Answers(NotNowError("closed")), "all is safe")
    leaves = Patience(Terms(), leave=True, sleep=clock.sleep, now=clock.now)
    with pytest.raises(Waiting, match="nothing has answered for 20 s"):
        leaves.reached(Answers(gone), "all is safe")
