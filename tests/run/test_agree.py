"""What is the same is called different as often as is said, whatever the law; checked by counting.

Of 600 repetitions with a level of 1 % each: more than 16 false alarms happen by chance in less than
one of 10,000 cases.
"""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from scipy import stats

from qng.run import agree

REPETITIONS = 600
MOST = int(stats.binom.isf(1e-4, REPETITIONS, agree.LEVEL))

LAWS = {
    "normal": lambda rng, size: rng.normal(size=size),
    "skewed": lambda rng, size: rng.exponential(size=size) ** 3,
    "counts": lambda rng, size: rng.integers(0, 3, size=size).astype(float),
    "failing": lambda rng, size: np.where(rng.random(size) < 0.2, np.nan, rng.normal(size=size)),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("results", "numbers"), [(1, 1), (1, 6), (3, 1), (12, 1)])
def test_false_alarms(law: str, results: int, numbers: int) -> None:
    rng = np.random.default_rng(len(law) * 100 + results)
    alarms = 0
    for _ in range(REPETITIONS):
        recorded = LAWS[law](rng, (results, numbers))
        p, level, _ = agree.unlikely(
            recorded, lambda first, end: LAWS[law](rng, (results, end - first, numbers))
        )
        assert level == agree.LEVEL
        alarms += p <= level * (1 + 1e-9)
    assert alarms <= MOST


@pytest.mark.parametrize(("results", "numbers", "shift"), [(1, 4, 9.0), (3, 1, 9.0), (20, 1, 3.0)])
def test_what_is_different_is_seen(results: int, numbers: int, shift: float) -> None:
    rng = np.random.default_rng(5)
    p, level, _ = agree.unlikely(
        rng.normal(size=(results, numbers)) + shift,
        lambda first, end: rng.normal(size=(results, end - first, numbers)),
    )
    assert p <= level


@pytest.mark.parametrize(("results", "n", "level"), [(1, 4, 0.2), (1, 999, 0.01), (2, 1, 0.5)])
def test_few_draws_say_their_level(results: int, n: int, level: float) -> None:
    rng = np.random.default_rng(1)
    found = agree.unlikely(
        rng.normal(size=(results, 1)),
        lambda first, end: rng.normal(size=(results, end - first, 1)),
        n,
    )
    assert found[1:] == (level, n)


@given(st.integers(1, 12), st.sampled_from([0.05, 0.01]))
def test_as_many_draws_as_it_takes(n: int, level: float) -> None:
    """The least likely outcome of n ranks is no likelier than the level."""
    fresh = agree.fresh_for(n, level)
    least = 1 / (fresh + 1) if n == 1 else 2 / (fresh + 1) ** n
    assert least <= level * (1 + 1e-12)
    assert fresh == 1 or n == 1 or 2 / fresh**n > level


def test_differences_of_what_is_no_number() -> None:
    nan, inf = np.nan, np.inf
    off = agree.apart(np.array([1.0, nan, inf, nan, inf]), np.array([1.5, nan, inf, 1.0, -inf]))
    assert off.tolist() == [0.5, 0.0, 0.0, inf, inf]
    assert agree.scale(np.array([nan, -3.0])) == 3
    assert agree.scale(np.zeros(0)) == 1
