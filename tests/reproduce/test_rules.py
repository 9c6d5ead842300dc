"""Stop rules of published runs, and what a row of an undone step says."""

from dataclasses import replace

import numpy as np
import pytest

import qng
from qng.reproduce import Results, rules
from qng.run.trace import Trace


@pytest.mark.parametrize(
    ("seen", "ends"),
    [([1.0], False), ([1.0, 1.000004], True), ([1.0, 1.00001], False), ([2.0, 2.0, 1.0], False)],
)
def test_repeats_to_five_decimals(seen, ends):
    assert (rules.repeats(seen) is not None) is ends


@pytest.mark.parametrize(
    ("seen", "ends"),
    [
        ([1.0, 1.0, 1.0, 1.0], False),
        ([1.0, 1.0, 1.0, 1.0, 1.0], True),
        # Four in a row, each beside the best before it: going down slowly is near as well.
        ([1.0, 0.995, 0.99, 0.985, 0.98], True),
        ([1.0, 0.98, 0.98, 0.98, 0.98], False),
        ([1.0, 0.98, 0.98, 0.98, 0.98, 0.98], True),
        # Above the best by more than 0.01 is not near it.
        ([1.0, 0.5, 0.6, 0.6, 0.6, 0.6], False),
    ],
)
def test_stalled_four_times_in_a_row(seen, ends):
    assert (rules.stalled(seen) is not None) is ends


def test_where_a_step_was_undone_the_energy_is_that_of_the_point_kept_before():
    found = qng.compare("textbook-2", ["gd"], starts=1, steps=4)
    (run,) = found.runs["gd"]
    rows = list(run.trace.rows)
    rows[2], rows[3] = (replace(row, energy=9.0, accepted=False) for row in rows[2:4])
    changed = replace(found, runs={"gd": (replace(run, trace=Trace(tuple(rows))),)})
    before = run.trace["energy"]
    expected = [before[0], before[1], before[1], before[1], before[4]]
    np.testing.assert_array_equal(Results({"a": changed}, {}).energies("gd"), [expected])
