"""Intervals and tests: from their definitions, against SciPy, and by how often they are wrong.

Rates are of 500 repetitions and more: a binomial count of 5 % of them has a standard deviation of
1 %, and all bounds stand four of these away from what is promised.
`python -m tests.benchmarks.conclusions` has more of them.
"""

import math

import numpy as np
import pytest
from scipy import stats

from qng.report.inference import Interval, holm, mcnemar, middle, reach, signed_rank, wilson

MANY = 500
WIDTH = 4 * 0.0097


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 10), (3, 10), (10, 10), (17, 20)])
def test_wilson_is_that_of_scipy(k, n):
    expected = stats.binomtest(k, n).proportion_ci(method="wilson")
    found = wilson(k, n)
    assert (found.lower, found.upper) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_of_no_trials_nothing_is_known():
    assert wilson(0, 0) == Interval(0.0, 1.0)


@pytest.mark.parametrize("n", [5, 10, 20, 50])
def test_wilson_covers(n):
    """On average over the true share, 95 %; at no share of the middle below 88 %."""
    shares = np.linspace(0.05, 0.95, 91)
    k = np.arange(n + 1)
    bounds = np.array([(wilson(i, n).lower, wilson(i, n).upper) for i in k])
    weights = stats.binom.pmf(k, n, shares[:, None])
    inside = (bounds[:, 0] <= shares[:, None]) & (shares[:, None] <= bounds[:, 1])
    coverage = np.sum(weights * inside, axis=1)
    assert 0.94 <= coverage.mean() <= 0.97
    assert coverage.min() >= 0.88


def test_the_share_is_the_estimate_of_kaplan_and_meier():
    rng = np.random.default_rng(0)
    events, cuts = rng.integers(1, 20, 40).astype(float), rng.integers(1, 25, 40).astype(float)
    seen = events <= cuts
    found = reach(np.where(seen, events, np.nan), cuts)
    expected = stats.ecdf(stats.CensoredData.right_censored(np.minimum(events, cuts), ~seen))
    for cost in np.arange(0.5, 25, 0.5):
        assert found.at(cost) == pytest.approx(expected.cdf.evaluate(cost))
    assert (found.share[-1], found.until) == (1, math.inf)
    short = reach(np.where(seen & (events < 9), events, np.nan), np.minimum(cuts, 9))
    assert short.at(8.5) == pytest.approx(found.at(8.5))
    assert math.isnan(short.at(9.5))
    assert np.all(np.diff(found.cost) > 0)
    assert np.all((found.lower <= found.share) & (found.share <= found.upper))


def test_without_cuts_it_is_the_share_with_its_wilson_interval():
    found = reach([3.0, 1.0, 3.0, np.nan, np.nan], [np.inf] * 5)
    assert found.cost.tolist() == [0, 1, 3]
    assert found.share == pytest.approx([0, 0.2, 0.6])
    for k, low, high in zip((0, 1, 3), found.lower, found.upper):
        assert (low, high) == pytest.approx((wilson(k, 5).lower, wilson(k, 5).upper))
    assert (found.until, found.median, found.lost) == (math.inf, 3.0, False)


def test_runs_that_never_get_there_count():
    """Not left out, as in a median over the solved ones."""
    ended = reach([1.0, np.nan, np.nan], [np.inf] * 3)
    assert (ended.median, ended.lost, ended.until) == (math.inf, True, math.inf)
    cut = reach([1.0, np.nan, np.nan], [5.0] * 3)
    assert (cut.median, cut.lost, cut.until) == (math.inf, False, 5.0)
    # One that was cut before the others got there says nothing of later costs.
    early = reach([2.0, 2.0, np.nan], [9.0, 9.0, 1.0])
    assert early.share[-1] == 1


@pytest.mark.parametrize("n", [1, 2, 7])
def test_a_start_that_is_solved_costs_nothing(n):
    found = reach([0.0] * n, [np.inf] * n)
    assert (found.share.tolist(), found.median) == ([1.0], 0.0)


def test_no_runs_and_none_that_gets_there():
    assert reach([], []).median == math.inf
    found = reach([np.nan] * 4, [3.0] * 4)
    assert (found.share.tolist(), found.median, found.interval.upper) == ([0.0], math.inf, math.inf)


@pytest.mark.parametrize("n", [3, 5, 6, 10, 11, 20])
def test_the_interval_of_the_median_is_that_of_order_statistics(n):
    found = reach(np.arange(1.0, n + 1), [np.inf] * n)
    _, expected = middle(np.arange(1.0, n + 1))
    assert found.interval == Interval(max(expected.lower, 0.0), expected.upper)
    assert found.median == math.ceil(n / 2)
    if math.isfinite(expected.upper):
        k = int(expected.lower)
        assert stats.binom.cdf(k - 1, n, 0.5) <= 0.025 < stats.binom.cdf(k, n, 0.5)


@pytest.mark.parametrize(("n", "cut", "lost"), [(10, 0.0, 0.0), (20, 0.5, 0.0), (20, 0.3, 0.3)])
def test_the_interval_of_the_median_covers(n, cut, lost):
    """Costs are log-normal, some runs are cut at random costs, some never get there."""
    rng = np.random.default_rng(n)
    inside = 0
    centre = math.exp(stats.norm.ppf(0.5 / (1 - lost)))
    for _ in range(MANY):
        costs = np.exp(rng.normal(size=n))
        costs[rng.random(n) < lost] = np.inf
        cuts = np.where(rng.random(n) < cut, np.exp(rng.normal(0.5, 1, size=n)), np.inf)
        seen = costs <= cuts
        found = reach(np.where(seen, costs, np.nan), cuts).interval
        inside += found.lower <= centre <= found.upper
    assert inside / MANY >= 0.95 - WIDTH


def test_bands_cover_at_a_cost():
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(MANY):
        costs = np.exp(rng.normal(size=20))
        cuts = np.where(rng.random(20) < 0.4, np.exp(rng.normal(0.5, 1, size=20)), 9.0)
        seen = costs <= cuts
        found = reach(np.where(seen, costs, np.nan), cuts)
        k = np.searchsorted(found.cost, 1.0, side="right") - 1
        inside += found.lower[k] <= 0.5 <= found.upper[k]
    assert inside / MANY >= 0.95 - WIDTH


@pytest.mark.parametrize("n", [1, 5, 12])
def test_signed_ranks_are_those_of_scipy(n):
    d = np.random.default_rng(n).normal(0.3, 1, size=n)
    expected = stats.wilcoxon(d, method="exact").pvalue
    assert signed_rank(d) == pytest.approx(expected)


def test_signed_ranks_with_ties_are_all_signs_tried():
    d = np.array([1.0, 1.0, -2.0, 3.0, 3.0, math.inf, -1.0])
    ranks = stats.rankdata(np.abs(d))
    signs = 1 - 2 * ((np.arange(2 ** len(d))[:, None] >> np.arange(len(d))) & 1)
    sums = (signs > 0) @ ranks
    seen = ranks[d > 0].sum()
    expected = min(1, 2 * min(np.mean(sums <= seen), np.mean(sums >= seen)))
    assert signed_rank(d) == pytest.approx(expected)
    # What nobody knows says nothing.
    assert signed_rank([*d, 0.0, math.nan]) == signed_rank(d)
    assert signed_rank(-d) == pytest.approx(signed_rank(d))
    assert signed_rank([]) == signed_rank([0.0, math.nan]) == 1.0


def test_many_signed_ranks_are_normal():
    d = np.random.default_rng(0).normal(0.1, 1, size=400)
    assert signed_rank(d) == pytest.approx(stats.wilcoxon(d, method="approx").pvalue, rel=0.02)


def test_mcnemar_counts_the_starts_that_differ():
    assert mcnemar(0, 0) == 1
    assert mcnemar(5, 0) == pytest.approx(2 / 32)
    assert mcnemar(1, 7) == pytest.approx(stats.binomtest(1, 8).pvalue) == mcnemar(7, 1)


def test_holm_multiplies_by_what_is_left():
    assert holm([]) == []
    assert holm([0.2]) == [0.2]
    assert holm([0.01, 0.01, 0.9]) == pytest.approx([0.03, 0.03, 0.9])


def test_false_alarms_of_several_methods_that_are_equal():
    """Four methods whose costs differ by chance alone, six pairs: one alarm in 5 % at most."""
    rng = np.random.default_rng(7)
    alarms = 0
    for _ in range(MANY):
        hard = rng.normal(0, 3, size=(12, 1))  # starts differ more than methods
        costs = np.exp(hard + rng.normal(size=(12, 4)))
        costs = np.where(costs > 5, np.inf, np.round(costs, 1))
        tests = []
        for a in range(4):
            for b in range(a):
                with np.errstate(invalid="ignore"):
                    d = costs[:, a] - costs[:, b]
                tests.append(signed_rank(d))
        alarms += min(holm(tests)) <= 0.05
    assert alarms / MANY <= 0.05 + WIDTH


def test_the_median_of_values_with_infinite_ones():
    assert middle([])[1] == Interval(-math.inf, math.inf)
    assert math.isnan(middle([])[0])
    assert middle([2.0, math.inf, math.inf]) == (math.inf, Interval(-math.inf, math.inf))
    assert middle([math.nan, 1.0, 3.0])[0] == 2.0
