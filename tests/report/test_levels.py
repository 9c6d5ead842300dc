"""Levels as a table, a picture and a notebook's output."""

from dataclasses import replace

import numpy as np
import pytest

import qng
from qng.report.excited import excited_data, excited_lines
from qng.report.plots import levels
from qng.run.excited.results import ExcitedStates


@pytest.fixture(scope="module")
def found() -> ExcitedStates:
    return qng.excited.vqd("one-qubit", 2, steps=3, shots=4000, beta=4.0)


def test_the_picture_has_states_levels_and_errors(found: ExcitedStates) -> None:
    picture = levels(found)
    assert picture.kind == found.plot().kind == "levels"
    energies, errors = picture.panels
    states, dashes = energies.lines
    assert np.array_equal(states.y, found.energies)
    assert states.upper - states.y == pytest.approx(found.std_error)
    assert dashes.y[[0, 3]] == pytest.approx([-np.sqrt(2), np.sqrt(2)])
    assert np.all(np.isnan(dashes.y[[2, 5]]))
    assert np.array_equal(errors.lines[0].y, np.abs(found.exact - found.levels))
    assert errors.levels[0].y == found.goal.accuracy
    assert "VQD with qng, at most 3 steps, statevector, 4000 shots a step" in picture.caption
    alone = levels(replace(found, levels=None))
    assert (len(alone.panels), len(alone.panels[0].lines)) == (1, 1)


def test_what_has_to_be_known_stands_below_the_table(found: ExcitedStates) -> None:
    lines = dict(excited_lines(found))
    assert lines["shots"] == str(found.shots)
    assert lines["penalties"] == "4"
    assert lines["errors"] == "of the states themselves, without shots and noise"
    assert dict(excited_lines(replace(found, exact=None)))["errors"].startswith("with two")
    cut = dict(excited_lines(replace(found, done=1)))
    assert cut["cut"] == "1 of 2 states: cut in state 1"
    assert excited_data(found)["ritz"] == pytest.approx([-np.sqrt(2), np.sqrt(2)])
    shown = found._repr_html_()
    assert "levels by VQD" in shown
    assert "<img" in shown
