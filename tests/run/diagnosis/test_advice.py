"""What is said to change helps; `tests.benchmarks.advice` has hundreds of runs."""

from collections import defaultdict

import numpy as np
import pytest

import qng
from qng.errors import InputError
from tests.benchmarks.advice import Row, one


def test_runs_that_follow_what_is_said_get_there():
    rows = defaultdict(Row)
    with np.errstate(all="ignore"):
        for seed in range(8):
            one(seed, False, 3, rows, False)
    followed = [row for name, row in rows.items() if name not in ("solved", "shallow")]
    assert sum(row.count for row in followed) >= 4
    assert all(row.there == row.count for row in followed)


def test_steps_that_are_too_short_are_seen_and_made_longer():
    # At a rate of 1e-3 thousands of steps gain what a hundred do at the one that is said.
    run = qng.minimize("one-qubit", "gd", start=[2.0, 0.8], lr=1e-3, steps=30)
    found = qng.diagnose(run)
    assert found.verdict == "descending"
    assert found.settings["method"] == "gd"
    assert found.settings["lr"] > 0.01
    assert qng.minimize("one-qubit", start=[2.0, 0.8], **found.settings).solved


def test_steps_are_extrapolated():
    # What is left falls by the same factor every step.
    run = qng.minimize("one-qubit", "gd", start=[2.0, 0.8], lr=0.03, steps=40)
    found = qng.diagnose(run)
    assert found.settings.keys() == {"steps"}
    assert not run.solved
    assert run.resumed(**found.settings).solved


def test_a_larger_rate_is_not_said_where_shots_make_noise():
    run = qng.minimize("one-qubit", "gd", start=[2.0, 0.8], lr=1e-3, steps=20, shots=60)
    assert "lr" not in qng.diagnose(run).settings


def test_another_rate_of_a_run_is_looked_at():
    run = qng.minimize("one-qubit", "gd", start=[2.0, 0.8], lr=0.1, steps=3)
    found = qng.diagnose(run, lr=3.0)
    assert found.verdict == "long-step"
    assert found.evidence.eta == 3.0


def test_random_directions_that_go_too_far_are_too_long_a_step():
    run = qng.minimize("one-qubit", "spsa", lr=2.0, steps=30, shots=5000, seed=2)
    found = qng.diagnose(run, starts=0)
    assert found.verdict == "long-step"
    assert not found.evidence.notes
    again = qng.minimize("one-qubit", steps=30, shots=5000, seed=2, **found.settings)
    assert again.error < run.error / 2


def test_a_method_of_ones_own_is_not_named_as_if_it_were_known():
    run = qng.minimize("one-qubit", qng.optimizers.gd(lr=1e-3), start=[2.0, 0.8], steps=8)
    found = qng.diagnose(run, starts=0)
    assert found.change.startswith("a larger rate: 0.")
    assert found.settings == {}


def test_frozen_parameters_are_what_may_be_missing():
    problem = qng.load("one-qubit").only("t1")
    run = qng.minimize(problem, "qng", steps=30)
    found = qng.diagnose(run)
    assert found.verdict in ("shallow", "no-influence")
    assert found.change.endswith("or train more parameters: 1 are frozen")


def test_one_run_of_a_comparison_is_asked_for():
    with pytest.raises(InputError, match="give one of its runs"):
        qng.diagnose(qng.compare("one-qubit", ["gd"], starts=2, steps=1))
