"""Methods from the same starts: who is better, at equal cost, and how sure that is."""

import math
from dataclasses import replace

import numpy as np
import pytest

from qng.optimize.method import Step
from qng.report.compared import comparison_notes
from qng.report.conclusions import conclusions
from qng.report.looks import least_starts
from qng.report.paired import matched, pairs
from qng.report.profile import (
    cost_to,
    equal_cost,
    error_at,
    has_ended,
    known_until,
    profiles,
    reached,
)
from qng.report.summary import summaries
from qng.run.compare import compare
from qng.run.comparison import Comparison
from qng.run.results import Goal, Run
from qng.run.trace import Trace

GOAL = Goal("toy", "Toy", "Ha", accuracy=0.1, reference=-1.0)


class Limit:
    """A recipe, as far as it is looked at here."""

    limits = ()

    def __init__(self, start, steps, shots=100):
        self.start, self.steps, self.shots, self.method = np.array([start]), steps, shots, None
        self.problem = None


def run(method, start, errors, each=100, limit=None, failed=False, goal=GOAL):
    """A run with these errors, one a point, that spends so many shots a step."""
    n = len(errors)
    zero = 0.0 if goal.reference is None else goal.reference
    rows = tuple(
        Step(
            step=k,
            theta=np.zeros(1),
            energy=zero + error,
            evaluations=k + 1,
            shots=each * (k + 1),
            seconds=k + 1.0,
        )
        for k, error in enumerate(errors)
    )
    made = Limit(float(start), n - 1 if limit is None else limit)
    return Run(
        method=method, goal=goal, x=np.zeros(1), fun=rows[-1].energy, std_error=None, nit=n - 1,
        nfev=n, success=not failed, failed=failed, message="", trace=Trace(rows),
        learning_rate=0.1, made=made,
    )  # fmt: skip


def comparison(runs, goal=GOAL, **more):
    starts = np.arange(float(max(map(len, runs.values()))))[:, None]
    return Comparison(goal=goal, runs=runs, starts=starts, steps=4, **more)


def course(reached_at, length=5):
    """Errors that come within the accuracy at a step; None: never."""
    return [0.05 if reached_at is not None and k >= reached_at else 0.5 for k in range(length)]


def methods(**reached_at):
    """By method one run a start, by the step at which it is solved."""
    return comparison(
        {
            name: tuple(run(name, k, course(step)) for k, step in enumerate(steps))
            for name, steps in reached_at.items()
        }
    )


def test_what_ends_by_itself_never_gets_there_and_what_is_cut_may():
    cut, ended = run("a", 0, course(None)), run("a", 0, course(None), limit=9)
    failed = run("a", 0, course(None), failed=True)
    assert [has_ended(r) for r in (cut, ended, failed)] == [False, True, True]
    assert known_until(cut, "shots") == 400
    assert known_until(ended, "steps") == known_until(failed, "steps") == math.inf
    assert not has_ended(replace(ended, interrupted=True))
    assert cost_to(run("a", 0, course(2)), "shots") == 200
    assert cost_to(cut, "shots") == math.inf


def test_a_profile_counts_every_start():
    found = profiles(methods(a=[1, 3, None, None], b=[0, 0, 2, 4]), "shots")
    assert found["a"].cost.tolist() == [0, 100, 300]
    assert found["a"].share.tolist() == [0, 0.25, 0.5]
    assert (found["a"].median, found["a"].until) == (300, 400)
    assert found["b"].at(0) == 0.5
    assert found["b"].at(1e9) == 1
    # A laxer accuracy is reached at once.
    assert profiles(methods(a=[None]), "shots", 0.6)["a"].at(0) == 1


def test_runs_that_cost_different_sums_are_known_to_different_costs():
    """The short one, cut at 100, says nothing of 200; the one that failed says no."""
    runs = [
        run("a", 0, course(2)),
        run("a", 1, course(None, length=2)),
        run("a", 2, course(None, length=2), failed=True),
    ]
    assert reached(runs, "shots").share.tolist() == [0, 0.5]


def test_errors_at_equal_cost():
    quick, slow = run("a", 0, [4.0, 3.0, 2.0], each=10), run("b", 0, [4.0, 1.0, 0.0], each=100)
    assert equal_cost([quick, slow], "shots") == 20
    assert (error_at(quick, "shots", 20), error_at(slow, "shots", 20)) == (2.0, 4.0)
    assert error_at(slow, "shots", 199) == 1.0
    assert math.isnan(error_at(quick, "shots", 21))
    stopped = run("c", 0, [4.0, 3.5], each=10, limit=9)
    assert error_at(stopped, "shots", 1e9) == 3.5
    assert equal_cost([stopped], "shots") == 10
    assert error_at(replace(stopped, failed=True), "shots", 10) == math.inf


def test_a_start_that_only_one_solves_is_won_by_it():
    found = pairs(methods(a=[1, 1, 1, 1], b=[2, None, 1, 0]), "shots")
    [pair] = found
    assert (pair.first, pair.second, pair.starts, pair.budget) == ("a", "b", 4, 400)
    assert (
        pair.answers["solved"].first,
        pair.answers["solved"].second,
        pair.answers["solved"].neither,
    ) == (1, 0, 3)
    assert (
        pair.answers["cost"].first,
        pair.answers["cost"].second,
        pair.answers["cost"].neither,
    ) == (2, 1, 1)
    # 2, infinity, 1 and 0 times the cost of a.
    assert pair.ratio == pytest.approx(math.sqrt(2))
    assert (pair.answers["error"].first, pair.answers["error"].second) == (1, 0)


def test_what_was_cut_before_the_other_got_there_says_nothing():
    runs = {
        "a": (run("a", 0, course(4)),),
        "b": (run("b", 0, course(None, length=3)),),
    }
    [pair] = pairs(comparison(runs), "shots")
    assert (
        pair.answers["cost"].first,
        pair.answers["cost"].second,
        pair.answers["cost"].neither,
    ) == (0, 0, 1)
    assert pair.answers["solved"].neither == 1
    assert math.isnan(pair.ratio)


def test_differences_below_the_accuracy_are_none():
    runs = {
        "a": tuple(run("a", k, [0.5, 0.30]) for k in range(9)),
        "b": tuple(run("b", k, [0.5, 0.35]) for k in range(9)),
    }
    [pair] = pairs(comparison(runs), "shots")
    assert pair.answers["error"].neither == 9
    assert (
        pair.answers["cost"].chance,
        pair.answers["solved"].chance,
        pair.answers["error"].chance,
    ) == (1, 1, 1)


def test_runs_are_paired_by_their_starts():
    runs = {
        "a": tuple(run("a", k, course(1)) for k in (0, 2, 3)),
        "b": tuple(run("b", k, course(2)) for k in (3, 0, 1)),
    }
    found = matched(runs["a"], runs["b"])
    assert [(x.made.start[0], y.made.start[0]) for x, y in found] == [(0, 0), (3, 3)]
    [pair] = pairs(comparison(runs, interrupted="interrupted after 6 of 8 runs"), "shots")
    assert (pair.starts, pair.answers["cost"].first) == (2, 2)
    # A start that is given twice is paired twice.
    twice = tuple(run("a", 0, course(1)) for _ in range(3))
    assert len(matched(twice, twice[:2])) == 2
    assert matched(twice, [replace(twice[0], made=None)]) == []
    bare = [replace(one, made=None) for one in twice]
    assert len(matched(bare, bare)) == 3
    # On another machine a reference may differ by rounding; another problem has another one.
    for reference, same in ((-1.0 - 1e-13, 3), (-1.1, 0)):
        others = [run("b", 0, course(1), goal=replace(GOAL, reference=reference))] * 3
        assert len(matched(twice, others)) == same


def test_conclusions_need_enough_starts():
    few = methods(a=[1] * 5, b=[None] * 5)
    assert conclusions(few, "shots") == [
        "5 starts cannot tell 2 methods apart: it takes 6 at least"
    ]
    assert conclusions(methods(a=[1] * 6, b=[None] * 6), "shots") == [
        "cheaper to the accuracy: a than b",
        "more starts solved at equal cost: a than b",
        "closer by the accuracy or more at equal cost: a than b",
        "compared on the same starts, by exact tests; each such line is wrong in at most 5 % of "
        "comparisons",
    ]
    [words] = conclusions(methods(a=[1] * 8, b=[1] * 4 + [2] * 2 + [0] * 2), "shots")
    assert words.startswith("no two methods are told apart")
    assert conclusions(methods(a=[1]), "shots") == []


def test_the_more_methods_the_more_starts():
    assert least_starts(1) == 6
    alike = {f"m{k}": [2] * 8 for k in range(6)}
    [words] = conclusions(methods(best=[1] * 8, **alike), "shots")
    assert words.startswith("8 starts cannot tell 7 methods apart")
    words, _ = conclusions(methods(best=[1] * 12, **{k: [2] * 12 for k in alike}), "shots")
    assert "best than m0 and m1 and m2 and m3 and 2 more" in words


def test_without_a_reference_energies_are_compared():
    goal = replace(GOAL, reference=None)
    runs = {
        "a": tuple(run("a", k, [1.0, 0.0], goal=goal) for k in range(6)),
        "b": tuple(run("b", k, [1.0, 0.5], goal=goal) for k in range(6)),
    }
    found = comparison(runs, goal)
    [pair] = pairs(found, "shots")
    assert (list(pair.answers), pair.answers["error"].first) == (["error"], 6)
    assert math.isnan(pair.ratio)
    assert profiles(found, "shots") == {}
    [summary, _] = summaries(found, "shots")
    assert (summary.reached, summary.share, summary.reach) == (None, None, None)
    assert "a than b" in conclusions(found, "shots")[0]


def test_false_alarms_where_one_method_is_cut_earlier():
    """Were costs beyond the earlier cut counted, 20 % of these would be told apart."""
    rng = np.random.default_rng(4)
    pool = {
        (name, k, step): run(name, k, course(step, length))
        for name, length in (("a", 16), ("b", 31))
        for k in range(30)
        for step in range(1, 31)
    }
    told = 0
    for _ in range(500):
        steps = rng.integers(1, 31, size=(2, 30))
        runs = {
            name: tuple(pool[name, k, int(step)] for k, step in enumerate(row))
            for name, row in zip("ab", steps)
        }
        told += pairs(comparison(runs), "steps")[0].better("cost") is not None
    assert told / 500 <= 0.05 + 4 * 0.0097


def test_real_runs_from_the_same_starts():
    found = compare("one-qubit", ["gd", "qng"], starts=8, steps=40, lr={"gd": 0.01}, workers=1)
    [pair] = pairs(found, "circuits")
    assert pair.starts == 8
    assert pair.better("cost") == "qng"
    assert pair.worse("cost") == "gd"
    assert any("qng than gd" in note for note in comparison_notes(found))
