"""Checks: what passes, what fails, and what is said of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

import qng
from qng.errors import InputError
from qng.reproduce import FIGURE, OWN, PRINTED, Results, check
from qng.reproduce.judging import Check, Factor, Interval, Verdict, judge


@pytest.fixture(scope="module")
def results() -> Results:
    """gd and adam from three starts; adam with another rate alone; a few numbers."""
    both = qng.compare("one-qubit", {"gd": "gd", "adam": "adam"}, starts=3, steps=4)
    alone = qng.compare("one-qubit", {"adam": qng.optimizers.adam(0.3)}, starts=1, steps=2)
    values = {"rank": np.array(6.0), "metric": np.array([[1.0, 0.5], [0.5, 2.0]])}
    return Results({"both": both, "alone": alone}, values)


def verdicts(results: Results, of: Check) -> tuple[Verdict, ...]:
    return judge(of, results)


def passed(results: Results, of: Check) -> list[bool]:
    return [v.passed for v in verdicts(results, of)]


def test_one_verdict_a_number(results: Results) -> None:
    ours = np.median(results.energies("gd")[:, [0, 3]], axis=0)
    right = check.energies("gd", {0: ours[0], 3: ours[1] + 2e-3}, 1e-3, PRINTED)
    first, second = verdicts(results, right)
    assert (first.passed, second.passed) == (True, False)
    assert first.what == "gd, step 0"
    assert first.claim == "agrees with the printed value"
    assert first.published == pytest.approx(first.ours)
    assert (first.tolerance, first.place) == ("0.001", ("both", "gd", 0))


def test_after_iterations_that_count_from_zero(results: Results) -> None:
    ours = float(np.median(results.energies("gd")[:, 3]))
    (found,) = verdicts(results, check.energies("gd", {2: ours}, 1e-9, OWN, after=True))
    assert found.passed
    assert found.what == "gd, iteration 2"
    assert passed(results, check.steps("gd", 3, OWN, after=True)) == [True]


def test_beyond_the_last_step_there_is_no_energy(results: Results) -> None:
    (found,) = verdicts(results, check.energies("gd", {5: 0.0}, 1e9, OWN))
    assert not found.passed
    assert math.isnan(found.ours)


def test_means_and_medians(results: Results) -> None:
    ends = results.energies("gd")[:, 4]
    assert passed(results, check.energies("gd", {4: ends.mean()}, 1e-9, OWN, over="mean")) == [True]
    assert passed(results, check.last("gd", np.median(ends), 1e-9, OWN)) == [True]
    assert passed(results, check.last("gd", list(ends), 1e-9, OWN)) == [True] * 3
    with pytest.raises(InputError, match="2 numbers are published, there are 3"):
        verdicts(results, check.last("gd", [0.0, 0.0], 1, OWN))
    with pytest.raises(InputError, match="median"):
        check.last("gd", 0.0, 1, OWN, over="average")


def test_intervals_and_factors(results: Results) -> None:
    error = float(np.median(results.errors("gd")[:, 4]))
    assert passed(results, check.errors("gd", {4: error * 2.9}, Factor(3), OWN)) == [True]
    assert passed(results, check.errors("gd", {4: error * 3.1}, Factor(3), OWN)) == [False]
    (found,) = verdicts(results, check.last("gd", check.below(2.0), 0, FIGURE))
    assert (found.passed, found.published, found.tolerance) == (True, "at most 2", "interval")
    assert passed(results, check.last("gd", check.above(2.0), 0, FIGURE)) == [False]
    assert passed(results, check.last("gd", Interval(-2, 2), 0, FIGURE)) == [True]


def test_the_first_step_below(results: Results) -> None:
    curves = results.energies("gd")
    level = float(np.sort(curves[0])[-2]) + 1e-12
    expected = [float((row < level).argmax()) if (row < level).any() else np.inf for row in curves]
    assert passed(results, check.first_below("gd", level, expected, OWN)) == [True] * 3
    assert passed(results, check.first_below("gd", -9, [np.inf] * 3, OWN)) == [True] * 3


def test_counts(results: Results) -> None:
    count = sum(bool(run.solved) for run in results.runs("gd"))
    assert passed(results, check.solved("gd", count + 1, OWN, within=1)) == [True]
    assert passed(results, check.solved("gd", count + 2, OWN, within=1)) == [False]
    assert passed(results, check.reference(-math.sqrt(2), 1e-9, PRINTED)) == [True]


def test_orders(results: Results) -> None:
    gd, adam = (np.median(results.energies(m, "both")[:, 4]) for m in ("gd", "adam"))
    low, high = ("gd", "adam") if gd < adam else ("adam", "gd")
    (found,) = verdicts(results, check.ordering(f"{low} < {high}", OWN, at=4, study="both"))
    assert found.passed
    assert found.published == f"{low} < {high}"
    (found,) = verdicts(results, check.ordering(f"{high} <= {low}", OWN, at=4, study="both"))
    assert not found.passed
    assert found.ours.startswith("not ")
    near = check.ordering(f"{high} ~ {low}", OWN, at=4, study="both", within=abs(gd - adam) + 1e-9)
    assert passed(results, near) == [True]
    with pytest.raises(InputError, match="written as"):
        check.ordering("gd", OWN, at=4)


def test_which_study(results: Results) -> None:
    with pytest.raises(InputError, match="adam is in 2 studies: say which"):
        verdicts(results, check.last("adam", 0.0, 1, OWN))
    pooled = results.runs("adam", "*")
    assert len(pooled) == 4
    assert len(results.runs("adam", "al*")) == 1
    with pytest.raises(InputError, match="no study 'none'"):
        results.runs("adam", "none")
    with pytest.raises(InputError, match="did you mean"):
        results.runs("adem")


def test_values(results: Results) -> None:
    assert passed(results, check.value("rank", 6, 0, OWN)) == [True]
    assert passed(results, check.value("rank", 7, 0, OWN)) == [False]
    found = verdicts(results, check.value("metric", [[1, np.nan], [0.4, 2]], 0.01, PRINTED))
    assert [(v.what, v.passed) for v in found] == [
        ("metric[0, 0]", True),
        ("metric[1, 0]", False),
        ("metric[1, 1]", True),
    ]
    assert passed(results, check.matrix("metric", [1, 2], {(0, 1): 0.5}, 0, OWN)) == [True] * 3
    with pytest.raises(InputError, match="shape"):
        verdicts(results, check.value("metric", [1, 2], 0, OWN))
    with pytest.raises(InputError, match="unknown value 'matric'; did you mean metric"):
        verdicts(results, check.value("matric", 1, 0, OWN))


def test_no_number_never_agrees(results: Results) -> None:
    bad = Results({}, {"x": np.array(math.nan)})
    for published in (0.0, check.below(1), check.above(1)):
        assert [v.passed for v in judge(check.value("x", published, 1e9, OWN), bad)] == [False]


def test_what_hangs_on_rounding_is_said(results: Results) -> None:
    (found,) = verdicts(results, check.steps("gd", 4, OWN, chaotic="the number of steps"))
    assert found.chaotic == "the number of steps"


def test_what_cannot_fail_or_judges_nothing_is_refused() -> None:
    for make, why in (
        (lambda: check.value("x", [], 0, OWN), "judges nothing"),
        (lambda: check.value("x", [math.nan], 0, OWN), "judges nothing"),
        (lambda: check.energies("gd", {}, 0, OWN), "judges nothing"),
        (lambda: check.curves({}, [], 0, OWN), "judges nothing"),
        (lambda: check.value("x", 1, math.inf, OWN), "the tolerance of 'x'"),
        (lambda: check.value("x", 1, -1, OWN), "the tolerance of 'x'"),
        (lambda: check.energies("gd", {0: math.nan}, 1, OWN), "published of 'gd, step 0'"),
        (lambda: check.energies("gd", {-1: 1}, 1, OWN), "the step of 'gd, step -1'"),
        (lambda: check.errors("gd", {-1: 1}, 1, OWN), "a step must be"),
        (lambda: check.errors("gd", {1: -1.0}, Factor(2), OWN), "within a factor"),
        (lambda: Factor(1), "above 1"),
        (lambda: Interval(), "no interval"),
        (lambda: Interval(2, 1), "no interval"),
        (lambda: check.below(math.nan), "no interval"),
        (lambda: check.value("x", 1, 0, "great"), "PRINTED, FIGURE or OWN, not 'great'"),
        (lambda: check.ordering("gd <= gd", OWN, at=1), "of different methods"),
        (lambda: check.last("gd", 1, 0, OWN, over="best"), "'median' or 'mean', not 'best'"),
        (lambda: check.energies("gd", {0: 1}, 0, OWN, over="best"), "'median' or 'mean'"),
        (lambda: check.ordering("gd <= adam", OWN, at=-1), "at must be"),
    ):
        with pytest.raises(InputError, match=why):
            make()
