"""Pictures in time: VarQITE, QNG and the exact curve, and what is left out."""

import math

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.errors import InputError
from qng.geometry import Tikhonov
from qng.report import plots


@pytest.fixture(scope="module")
def imaginary():
    return qng.evolve("h2", 1.0, integrator="euler", step=0.1, solve=Tikhonov(1e-4))


@pytest.fixture(scope="module")
def real():
    return qng.evolve("one-qubit", 1.0, kind="real", observables=["X0"], times=[0.3])


def test_varqite_qng_and_the_exact_curve_in_one_picture(imaginary, tmp_path):
    run = qng.minimize("h2", optimizers.qng(0.05, 1e-4, trust=math.inf), steps=10)
    picture = plots.evolution({"VarQITE": imaginary, "qng": run})
    top, bottom = picture.panels
    named = {line.name: line for line in top.lines}
    assert set(named) == {"VarQITE", "qng", "exact"}
    # A run is drawn as points, on a line that would hide beneath another.
    assert (named["VarQITE"].mark, named["qng"].mark) == ("line", "points")
    np.testing.assert_allclose(named["VarQITE"].x, named["qng"].x)
    np.testing.assert_allclose(named["VarQITE"].y, named["qng"].y, atol=1e-12)
    assert [level.name for level in top.levels] == ["reference"]
    # At the start there is nothing but rounding, which is not drawn.
    assert all(np.isnan(line.y[0]) and np.all(line.y[1:] > 0) for line in bottom.lines)
    plots.save(picture, tmp_path / "p.png")
    again = plots.load(tmp_path / "p.json")
    np.testing.assert_array_equal(again.panels[0].lines[0].y, top.lines[0].y)


def test_real_time_shows_means_first_and_the_bound(real):
    means, energy, lost = plots.evolution(real).panels
    assert [line.name for line in means.lines] == ["circuit", "exact"]
    low, high = energy.y_range
    assert high - low > 0.1
    assert [line.name for line in lost.lines] == ["circuit", "bound"]


def test_what_has_no_axis_in_common_is_refused(imaginary, real):
    with pytest.raises(InputError, match="no axis in common"):
        plots.evolution({"a": imaginary, "b": real})
    with pytest.raises(InputError, match="a picture in time is of evolutions"):
        plots.evolution({})
