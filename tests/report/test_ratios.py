"""By how much: ratios of cost on the same starts."""

import math
from dataclasses import replace

import pytest

from qng.errors import InputError, UnknownNameError
from qng.report.inference import Interval
from qng.report.paired import pairs
from qng.report.ratios import over, ratio_table
from tests.report.test_compared import rows
from tests.report.test_paired import methods


@pytest.fixture
def found():
    return methods(a=[1, 1, 1, 1, 1, 2], b=[2, 2, 3, 4, 4, 1], c=[None] * 6)


def test_ratios_are_those_of_each_start(found):
    shown = rows(ratio_table(found))
    assert shown[-2][:-1] == ["b", "2.4", "[0.5,", "4]", "1", "5", "0"]
    assert shown[-1] == ["c", "inf", "[inf,", "inf]", "0", "6", "0", "0.094"]


def test_a_ratio_is_turned_round(found):
    [pair, *_] = pairs(found, "shots")
    assert over(pair, "a") == (pytest.approx(math.sqrt(6)), Interval(0.5, pytest.approx(4.0)))
    ratio, between = over(pair, "b")
    assert ratio == pytest.approx(1 / pair.ratio)
    assert between == Interval(pytest.approx(0.25), 2.0)
    assert rows(ratio_table(found, "c"))[-1][:2] == ["b", "0"]


def test_few_starts_have_no_bounds_and_no_method_is_refused(found):
    few = methods(a=[1, 1], b=[2, 2])
    assert rows(ratio_table(few))[-1][:2] == ["b", "2"]
    with pytest.raises(UnknownNameError, match="method"):
        ratio_table(found, "newton")
    with pytest.raises(InputError, match="no run is done"):
        ratio_table(replace(found, runs={}))
    assert math.isinf(over(pairs(found, "shots")[1], "a")[0])
