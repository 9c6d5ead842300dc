"""A file that several grow at once keeps what all of them have run."""

import threading
from pathlib import Path
from typing import Any

import pytest

import qng
from qng.errors import QngError
from qng.optimize.optimizer import Optimizer
from qng.optimize.search.length import Schedule
from qng.run.again import missing
from qng.run.alone import alone
from tests.run.test_into import assert_same

TERMS: dict[str, Any] = {"steps": 2, "workers": 1}


def between(act: Any) -> Any:
    """A progress that does something once, while a comparison is being run."""
    waiting = [act]

    def progress(done: int, of: int) -> None:
        if waiting:
            waiting.pop()()

    return progress


@pytest.mark.parametrize("there", [True, False])
def test_methods_of_two_at_once(tmp_path: Path, there: bool) -> None:
    file = tmp_path / "found.json"
    if there:
        qng.compare("textbook-2", ["gd"], starts=2, into=file, **TERMS)
    found = qng.compare(
        "textbook-2", ["qng"], starts=2, into=file, **TERMS,
        progress=between(lambda: qng.compare("textbook-2", ["ng"], starts=2, into=file, **TERMS)),
    )  # fmt: skip
    methods = [*(["gd"] if there else []), "ng", "qng"]
    assert_same(found, qng.compare("textbook-2", methods, starts=2, **TERMS))
    back: Any = qng.load_run(file)
    assert back == found
    assert file.read_text().count('"~":"Problem"') == 1
    assert [path.name for path in tmp_path.iterdir()] == ["found.json"]


def test_what_both_lack_is_run(tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    qng.compare("textbook-2", ["gd"], starts=2, into=file, **TERMS)
    found = qng.compare(
        "textbook-2", ["qng"], into=file, **TERMS,
        progress=between(lambda: qng.compare("textbook-2", ["ng"], starts=4, into=file, **TERMS)),
    )  # fmt: skip
    assert not found.interrupted
    assert found.looks == ((2, 4),)
    assert_same(found, qng.compare("textbook-2", ["gd", "ng", "qng"], starts=4, **TERMS))
    back: Any = qng.load_run(file)
    assert back == found


def test_what_cannot_be_run_here_is_left_as_it_is(tmp_path: Path) -> None:
    """A function of somebody else's is not in the file: his runs are, and it is said."""
    file, theirs = tmp_path / "found.json", {"theirs": Optimizer(Schedule(lambda t: 0.1))}
    qng.compare("textbook-2", ["gd"], starts=2, into=file, **TERMS)
    found = qng.compare(
        "textbook-2", ["gd"], starts=4, into=file, **TERMS,
        progress=between(lambda: qng.compare("textbook-2", theirs, into=file, **TERMS)),
    )  # fmt: skip
    assert {label: len(runs) for label, runs in found.runs.items()} == {"gd": 4, "theirs": 2}
    assert found.interrupted == "interrupted after 6 of 8 runs"
    whole = qng.compare("textbook-2", theirs, starts=4, into=file, **TERMS)
    assert not whole.interrupted
    assert len(whole.runs["theirs"]) == 4


def test_functions_of_ones_own_stay(tmp_path: Path) -> None:
    """Both know the function that is minimised, and the file does not."""
    file, problem = tmp_path / "found.json", qng.models.function(lambda x: x @ x, [1.0, 2.0])
    found = qng.compare(
        problem, ["gd"], starts=2, into=file, **TERMS,
        progress=between(
            lambda: qng.compare(problem, ["momentum"], starts=2, into=file, **TERMS)
        ),
    )  # fmt: skip
    assert set(found.runs) == {"gd", "momentum"}
    made = found.runs["momentum"][0].made
    assert made is not None
    assert not missing(made.problem)
    assert len(qng.compare(problem, ["gd"], starts=3, into=found, **TERMS).runs["momentum"]) == 3


def test_several_problems(tmp_path: Path) -> None:
    file, two = tmp_path / "found.json", ["one-qubit", "textbook-2"]
    qng.compare(two, ["gd"], starts=2, into=file, **TERMS)
    found = qng.compare(
        two, ["qng"], starts=2, into=file, **TERMS,
        progress=between(lambda: qng.compare(
            ["maxcut-4"], ["ng"], starts=2, into=file, **TERMS)),
    )  # fmt: skip
    assert list(found.problems) == [*two, "maxcut-4"]
    assert all(set(one.runs) == {"gd", "ng", "qng"} for one in found.problems.values())
    back: Any = qng.load_run(file)
    assert back == found


def test_other_terms_meanwhile_are_refused_and_nothing_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    act = between(lambda: qng.minimize("one-qubit", "gd", steps=1).save(file))
    with pytest.raises(QngError, match=r"has changed meanwhile.*it is in .*found-2.json") as told:
        qng.compare("one-qubit", ["gd"], starts=2, into=file, progress=act, **TERMS)
    assert len(told.value.partial.runs["gd"]) == 2  # type: ignore[attr-defined]
    other: Any = qng.load_run(tmp_path / "found-2.json")
    assert len(other.runs["gd"]) == 2
    assert qng.load_run(file).nit == 1  # type: ignore[union-attr]


def test_what_cannot_be_saved_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "found.json"
    qng.compare("one-qubit", ["gd"], starts=2, into=file, **TERMS)
    before = file.read_bytes()
    monkeypatch.setattr("qng.run.saved.written", full)
    with pytest.raises(QngError, match="No space left") as told:
        qng.compare("one-qubit", ["ng"], into=file, **TERMS)
    assert set(told.value.partial.runs) == {"gd", "ng"}  # type: ignore[attr-defined]
    assert file.read_bytes() == before


def test_one_that_is_gone_is_written_again(tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    qng.compare("one-qubit", ["gd"], starts=2, into=file, **TERMS)
    found = qng.compare("one-qubit", ["ng"], into=file, progress=between(file.unlink), **TERMS)
    assert set(found.runs) == {"gd", "ng"}
    assert file.is_file()


def test_an_error_keeps_what_both_have_done(tmp_path: Path) -> None:
    file = tmp_path / "found.json"

    def act() -> None:
        qng.compare("one-qubit", ["ng"], starts=2, into=file, **TERMS)
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        qng.compare("one-qubit", ["gd"], starts=2, into=file, progress=between(act), **TERMS)
    kept: Any = qng.load_run(file)
    assert len(kept.runs["ng"]) == 2
    assert len(kept.runs["gd"]) >= 1
    assert kept.interrupted


def test_one_at_a_time(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def enter() -> None:
        for _ in range(50):
            with alone(tmp_path / "found.json"):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert not list(tmp_path.iterdir())
