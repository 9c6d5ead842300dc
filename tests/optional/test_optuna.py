"""Proposals of Optuna: as many as of a grid, the method's own values first, repeatable."""

import math
from typing import Any

import pytest

import qng
from qng.run.codec import dumps

pytest.importorskip("optuna")

CALL: dict[str, Any] = {"starts": 2, "steps": 4, "threads": 1}


def test_budgets_are_equal_and_the_methods_own_values_are_first() -> None:
    found = qng.compare("one-qubit", ["gd", "qng"], tune=6, tuner="optuna", **CALL)
    for label, own in {"gd": {"lr": 0.1}, "qng": {"lr": 0.1, "trust": 0.1}}.items():
        tuning = found.tuning[label]
        assert (tuning.tuner, len(tuning.trials), tuning.runs) == ("optuna", 6, 18)
        assert tuning.trials[0].setting == own
        assert len({tuple(trial.setting.values()) for trial in tuning.trials}) == 6
        for trial in tuning.trials[1:]:
            assert all(of.low <= trial.setting[k] <= of.high for k, of in tuning.space.items())
        assert tuning.best is not None
        assert tuning.best.score == min(trial.score for trial in tuning.trials)


def test_it_is_the_tuner_where_it_is_installed() -> None:
    assert qng.tune("one-qubit", "gd", trials=1, starts=1, steps=1).tuner == "optuna"


def test_the_seed_decides() -> None:
    def settings(seed: int) -> str:
        found = qng.tune("one-qubit", "gd", trials=4, steps=2, seed=seed, threads=1)
        return dumps([trial.setting for trial in found.trials])

    assert settings(1) == settings(1) != settings(2)


def test_trials_that_fail_do_not_end_it() -> None:
    found = qng.tune("one-qubit", "gd", trials=6, steps=3, space={"lr": (1e3, 1e9)}, threads=1)
    assert any(math.isinf(trial.score) for trial in found.trials)
    assert found.best is not None


def test_own_values_outside_the_space_are_tried_all_the_same() -> None:
    found = qng.tune("one-qubit", "gd", trials=3, steps=3, space={"lr": (0.5, 0.6)}, threads=1)
    assert found.trials[0].setting == {"lr": 0.1}
    assert all(0.5 <= trial.setting["lr"] <= 0.6 for trial in found.trials[1:])


def test_nothing_is_done_twice_with_a_ledger(tmp_path: Any, monkeypatch: Any) -> None:
    from qng.run import many

    call = {"tune": 3, "tuner": "optuna", "ledger": tmp_path / "runs.db", **CALL}
    first = qng.compare("one-qubit", ["gd", "qng"], **call)
    monkeypatch.setattr(many.Runs, "__call__", None)
    assert dumps(qng.compare("one-qubit", ["gd", "qng"], **call).tuning) == dumps(first.tuning)
