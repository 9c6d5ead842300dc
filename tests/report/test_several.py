"""Several problems: shares, ranks and costs over the best."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

import qng
from qng.report.compared_data import comparisons_data
from qng.report.several import (
    _mean_share,
    axis_over,
    by_problem,
    pairs_over,
    several_notes,
    several_table,
    standings,
)
from qng.run.several import Comparisons
from tests.report.test_compared import rows, text
from tests.report.test_paired import GOAL, comparison, course, methods, run


@pytest.fixture
def found():
    """One method is ahead on one problem, on the other all but one start are alike."""
    return Comparisons(
        {
            "easy": methods(a=[1] * 12, b=[2] * 12, c=[4] * 12),
            "hard": methods(a=[1, None, None, None], b=[2, 2, 2, None], c=[None] * 4),
        }
    )


def test_problems_count_alike(found):
    a, b, c = standings(found, "shots")
    assert (a.problems, a.starts, a.solved) == (2, 16, 13)
    assert (a.share, b.share, c.share) == pytest.approx((0.625, 0.875, 0.5))
    # On the hard one: a is first, then with c; b second, first, first, with both.
    assert a.rank == pytest.approx((1 + (1 + 2.5 + 2.5 + 2) / 4) / 2)
    assert c.rank == pytest.approx((3 + (3 + 2.5 + 2.5 + 2) / 4) / 2)
    assert a.ratio == {"easy": 1, "hard": math.inf}
    assert b.ratio == {"easy": 2, "hard": 1}
    assert (b.typical, b.worst, c.worst) == (1.5, 2, math.inf)


def test_ranks_are_at_equal_cost():
    """What one solves at a cost to which the other is not known says nothing."""
    runs = {"a": (run("a", 0, course(4)),), "b": (run("b", 0, course(None, 3)),)}
    first, second = standings(Comparisons({"one": comparison(runs)}), "shots")
    assert (first.rank, second.rank) == (1.5, 1.5)


def test_the_tables(found):
    shown = rows(several_table(found))
    assert shown[0][:4] == ["2", "problems:", "easy,", "hard"]
    assert shown[-3][:4] == ["a", "13/16", "62", "%"]
    assert shown[-2][-2:] == ["1.50,", "2.00"]
    each = rows(by_problem(found))
    assert each[1] == ["method", "easy", "hard"]
    assert each[-3] == ["a", "12/12", "100", "1/4", ">400"]
    many = Comparisons({f"N={n}": found.problems["hard"] for n in (4, 6, 8, 10)})
    assert rows(by_problem(many))[-1] == ["N=10", "1/4", ">400", "3/4", "200", "0/4", ">400"]
    assert max(len(line.rstrip()) for line in text(several_table(many)).splitlines()) <= 100


def test_statements_are_corrected_for_all_problems(found):
    every = pairs_over(found, "shots")
    assert [len(of) for of in every.values()] == [3, 3]
    one = every["easy"][0].answers["cost"]
    assert one.corrected == pytest.approx(6 * 2 / 2**12)
    notes = several_notes(found)
    assert "cheaper to the accuracy: easy (a than b and c, b than c)" in notes
    few = Comparisons({"hard": found.problems["hard"]})
    assert several_notes(few)[-1].startswith("no two methods are told apart on any problem")


def test_methods_without_runs_on_some_problems_are_said(found):
    cut = replace(found.problems["hard"], runs={"a": found.problems["hard"].runs["a"]})
    some = Comparisons({"easy": found.problems["easy"], "hard": cut}, "interrupted")
    notes = several_notes(some)
    assert notes[0] == "interrupted"
    assert notes[2] == "means are over the problems with runs; of 2: b on 1, c on 1"
    nothing = Comparisons({"hard": replace(cut, runs={})})
    assert rows(several_table(nothing))[0] == ["1", "problem:", "hard"]
    assert len(several_notes(nothing)) == 1


def test_without_a_reference_there_is_nothing_to_rank():
    goal = replace(GOAL, reference=None)
    runs = {name: (run(name, 0, [1.0, 0.5], goal=goal),) for name in "ab"}
    bare = Comparisons({"x": comparison(runs, goal)})
    [a, _] = standings(bare, "shots")
    assert (a.solved, a.ratio) == (None, {})
    assert rows(several_table(bare))[-1] == ["b", "-", "-", "-", "-"]


def test_data_and_real_runs():
    each = {
        name: qng.compare(name, ["gd", "qng"], starts=2, steps=3, workers=1)
        for name in ("one-qubit", "textbook-2")
    }
    found = Comparisons(each)
    assert axis_over(found) == "circuits"
    kept = json.loads(json.dumps(comparisons_data(found, "qpu"), allow_nan=False))
    assert list(kept["problems"]) == list(kept["pairs"]) == ["one-qubit", "textbook-2"]
    assert kept["problems"]["one-qubit"]["cost"]["axis"] == "qpu"
    assert kept["methods"]["gd"]["starts"] == 4
    assert sum("the runs are exact" in note for note in several_notes(found)) == 1


@pytest.mark.parametrize("shares", [(0.5,) * 6, (0.1, 0.5, 0.9), (1.0, 0.2, 0.6, 0.9), (0.95,) * 4])
def test_the_interval_of_a_mean_share_covers(shares):
    rng = np.random.default_rng(5)
    inside = 0
    for _ in range(500):
        solved = [rng.random(20) < share for share in shares]
        found = _mean_share([of.tolist() for of in solved])
        inside += found.lower <= np.mean(shares) <= found.upper
    assert inside / 500 >= 0.95 - 4 * 0.0097
