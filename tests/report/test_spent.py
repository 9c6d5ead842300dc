"""Axes: what was spent when a point was reached."""

from dataclasses import replace

import numpy as np
import pytest

import qng
from qng.errors import UnknownNameError
from qng.report import spent as axes
from qng.report.compared_data import comparison_data
from qng.report.spent import AXES, axis_of, counting, default_axis, in_words, label_of, spent, total
from tests.run.test_price import Own


@pytest.fixture(scope="module")
def comparison():
    return qng.compare("textbook-2", ["gd", "qng"], starts=2, steps=3, workers=1)


@pytest.fixture(scope="module")
def sampled():
    return qng.compare("textbook-2", ["gd", "qng"], starts=2, steps=3, shots=4000, workers=1)


@pytest.mark.parametrize("axis", AXES)
def test_every_axis_begins_at_nothing_and_never_falls(comparison, sampled, axis):
    for found in (comparison, sampled):
        for runs in found.runs.values():
            for run in runs:
                along = spent(run, axis)
                assert along.shape == (run.nit + 1,)
                assert along[0] == 0
                assert np.all(np.diff(along) > 0)
                assert total(run, axis) >= along[-1]


def test_a_point_is_reached_by_what_was_spent_before(comparison, sampled):
    run = comparison.runs["gd"][0]
    # One basis, four parameters.
    assert spent(run, "steps").tolist() == [0, 1, 2, 3]
    assert spent(run, "circuits").tolist() == [0, 9, 18, 27]
    assert total(run, "circuits") == 28
    assert spent(run, "shots").tolist() == [0, 9000, 18000, 27000]
    assert spent(run, "qpu") == pytest.approx([0, 2 + 3.15, 4 + 6.3, 6 + 9.45])
    assert total(run, "steps") == 3
    counted = sampled.runs["qng"][1]
    assert spent(counted, "shots").tolist() == [0, *counted.trace["shots"][:-1]]
    assert total(counted, "shots") == counted.shots
    assert total(counted, "qpu") == pytest.approx(2 * 4 + 0.35e-3 * counted.shots)
    assert total(counted, "seconds") == counted.seconds


def test_the_default_is_what_was_counted(comparison, sampled):
    assert (default_axis(comparison), default_axis(sampled)) == ("circuits", "shots")
    assert default_axis(sampled.runs["gd"][0]) == "shots"
    assert label_of("circuits", comparison) == "circuits on a device"
    assert label_of("circuits", sampled) == "circuits"


def test_words_say_how_it_is_known(comparison, sampled):
    assert in_words(counting(sampled, "shots")) == []
    [words] = in_words(counting(comparison, "circuits"))
    assert "are those of the same steps on a device" in words
    assert "the full metric by hadamard" in words
    [words] = in_words(counting(comparison, "shots"))
    assert words.endswith("1000 shots each")
    assert "2 s a job" in in_words(counting(comparison, "qpu"))[1]
    assert "this machine" in in_words(counting(comparison, "seconds"))[0]
    assert in_words(counting(comparison, "steps")) == []


def test_exact_runs_beside_runs_from_shots_are_told_apart(comparison, sampled):
    mixed = replace(sampled, runs={"gd": comparison.runs["gd"], "qng": sampled.runs["qng"]})
    assert default_axis(mixed) == "shots"
    [words] = in_words(counting(mixed, "shots"))
    assert words.startswith("cost: those of gd are exact; ")


def test_what_nobody_knows_is_nan_and_said():
    found = qng.compare("textbook-2", {"mine": Own(), "gd": "gd"}, starts=1, steps=2, workers=1)
    run = found.runs["mine"][0]
    assert np.isnan(spent(run, "circuits")).tolist() == [False, True, True]
    assert np.isnan(total(run, "qpu"))
    assert spent(run, "steps").tolist() == [0, 1, 2]
    unknown = counting(found, "circuits").unknown
    assert list(unknown) == ["mine"]
    assert in_words(counting(found, "circuits"))[-1].startswith("cost of mine: unknown")
    told = comparison_data(found)["methods"]["mine"]
    assert (told["to_accuracy"]["qpu"], told["profile"]) == (None, None)
    assert told["to_accuracy"]["steps"]["known_to"] == 2
    assert told["spent"]["circuits"] == [None, None, None]


def test_an_axis_by_name():
    assert axis_of("qpu") == "qpu"
    with pytest.raises(UnknownNameError, match="axis"):
        axis_of("money")
    assert set(axes.AXES) == {
        "steps",
        "circuits",
        "shots",
        "qpu",
        "seconds",
        "evaluations",
    }
