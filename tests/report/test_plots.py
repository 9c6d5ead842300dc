"""Figures are drawn without a display, say what they show, and are reproducible."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.text import Text

from qng.circuit.ansatz import real_amplitudes
from qng.errors import QngError
from qng.optimize.methods import METHODS, gd, qng
from qng.problem.problem import Problem
from qng.report import look, plot
from qng.run.compare import compare
from qng.run.minimize import minimize
from qng.run.point import metric
from qng.run.steps import compare_steps


@pytest.fixture(scope="module")
def problem():
    observable, start = {"Z0 Z1": 1.0, "X0": 0.3}, [0.1, 0.2, 0.3, 0.4]
    return Problem(real_amplitudes(2, 1), observable, start, name="toy", title="Toy", unit="Ha")


@pytest.fixture(scope="module")
def comparison(problem):
    return compare(problem, ["gd", "qng"], starts=3, steps=20, workers=1)


def texts(figure):
    return " | ".join(text.get_text() for text in figure.findobj(lambda a: hasattr(a, "get_text")))


def drawn(figure, tmp_path):
    """The figure, drawn once, so that warnings of the layout are seen."""
    plot.save(figure, tmp_path / "figure.png")
    return figure


def test_convergence(comparison, tmp_path):
    figure = drawn(plot.convergence(comparison), tmp_path)
    (axes,) = figure.axes
    assert axes.get_yscale() == "log"
    assert axes.get_xlabel() == "step"
    assert axes.get_ylabel().endswith("(Ha)")
    for word in (
        "Toy",
        "3 starts: median, quartiles, single runs",
        "chemical accuracy",
        "gd",
        "qng",
    ):
        assert word in texts(figure)
    assert len(axes.collections) == 2  # a band each
    lines = [line for line in axes.lines if len(line.get_xdata()) == 21]
    medians = [line for line in lines if line.get_linewidth() > 1]
    assert (len(lines), len(medians)) == (2 + 2 * 3, 2)
    assert medians[0].get_linestyle() != medians[1].get_linestyle()


def test_convergence_without_reference_is_linear(comparison, tmp_path):
    blind_goal = replace(comparison.goal, reference=None)
    runs = {
        method: tuple(replace(run, goal=blind_goal) for run in runs)
        for method, runs in comparison.runs.items()
    }
    blind = replace(comparison, goal=blind_goal, runs=runs)
    figure = drawn(plot.convergence(blind), tmp_path)
    assert figure.axes[0].get_yscale() == "linear"
    assert figure.axes[0].get_ylabel() == "energy (Ha)"
    assert "accuracy" not in texts(figure)


def test_convergence_floors_rounding(problem, tmp_path):
    found = compare(problem, ["newton"], starts=1, steps=30, workers=1)
    run = found.runs["newton"][0]
    energies = [replace(row, energy=run.reference) for row in run.trace.rows]
    exact = replace(run, trace=replace(run.trace, rows=tuple(energies)))
    figure = drawn(plot.convergence(replace(found, runs={"newton": (exact,)})), tmp_path)
    assert "1e-16" in texts(figure)
    assert "one start" in texts(figure)
    low = figure.axes[0].get_ylim()[0]
    assert 0 < low < plot.FLOOR
    line = max(figure.axes[0].lines, key=lambda line: len(line.get_xdata()))
    assert np.all(line.get_ydata() == plot.FLOOR)


def test_convergence_marks_methods_that_fail(problem, tmp_path):
    methods = {"gd": gd(), "undamped": qng(damping=0.0), "wild": gd(lr=1e9)}
    found = compare(problem, methods, starts=3, steps=10, workers=1)
    assert "wild (fails)" in texts(drawn(plot.convergence(found), tmp_path))


def test_convergence_of_all_methods(problem, tmp_path):
    found = compare(problem, list(METHODS), starts=2, steps=5, workers=1)
    figure = drawn(plot.convergence(found), tmp_path)
    for method in METHODS:
        assert method in texts(figure)
    # The extent of an annotation itself would include its pointer.
    names = [text for text in figure.axes[0].texts if text.get_text() in METHODS]
    boxes = sorted((Text.get_window_extent(text) for text in names), key=lambda box: box.y0)
    assert len(boxes) == len(METHODS)
    assert all(below.y1 <= above.y0 for below, above in pairwise(boxes))


def test_styles_are_distinct_and_kept():
    styles = look.styles(list(METHODS))
    assert len({(to_hex(colour), str(dash)) for colour, dash in styles}) == len(METHODS)
    assert look.styles(["qng", "own"])[0] == look.styles(["gd", "qng"])[1]


def test_trace(problem, tmp_path):
    figure = drawn(plot.trace(minimize(problem, "qng", steps=10)), tmp_path)
    top, bottom = figure.axes
    assert top.get_yscale() == bottom.get_yscale() == "log"
    assert bottom.get_ylabel() == "gradient norm (Ha/rad)"
    assert "toy: qng" in texts(figure)


def test_trace_of_no_steps(problem, tmp_path):
    drawn(plot.trace(minimize(problem, "qng", steps=0)), tmp_path)


def test_metric_hatches_what_is_zero_by_decision(problem, tmp_path):
    found = metric(problem, estimator="blocks")
    figure = drawn(plot.metric(found, problem.circuit.parameters, "Toy"), tmp_path)
    left, right = figure.axes[:2]
    image = left.images[0]
    assert image.get_array().mask.sum() == 8
    low, high = image.get_clim()
    assert low == -high
    assert "zero by decision" in left.get_xlabel()
    assert [label.get_text() for label in left.get_xticklabels()] == ["t0", "t1", "t2", "t3"]
    assert right.get_yscale() == "log"
    assert "Toy" in texts(figure)


def test_metric_shows_the_null_space(problem, tmp_path):
    figure = drawn(plot.metric(metric(problem, [0.0] * 4), problem.circuit.parameters), tmp_path)
    right = figure.axes[1]
    assert right.get_title("left") == "rank 3 of 4"
    assert len(right.lines) == 3  # kept, below the floor, the floor


def test_metric_that_vanishes(problem, tmp_path):
    zero = metric(problem).pullback(np.zeros((4, 2)))
    drawn(plot.metric(zero, ["a", "b"]), tmp_path)


def test_steps(problem, tmp_path):
    figure = drawn(plot.steps(compare_steps(problem), "One step", "Ha"), tmp_path)
    assert "decrease of the energy (Ha)" in texts(figure)
    assert "Fubini-Study length (rad)" in texts(figure)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_figure_saved_twice_is_the_same_file(comparison, tmp_path, suffix):
    files = [tmp_path / f"{k}{suffix}" for k in range(2)]
    for file in files:
        plot.save(plot.convergence(comparison), file)
    first, second = (file.read_bytes() for file in files)
    assert first == second
    assert len(first) > 1000


def test_a_file_that_cannot_be_written(comparison, tmp_path):
    with pytest.raises(QngError, match="cannot be saved"):
        plot.save(plot.convergence(comparison), tmp_path / "missing" / "a.png")


@given(st.lists(st.floats(-1, 2), max_size=20))
def test_labels_keep_apart_and_in_order(heights):
    gap = 0.07
    places = look.apart(heights, gap)
    assert len(places) == len(heights)
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in places)
    ordered = [place for _, place in sorted(zip(heights, places), key=lambda pair: pair[0])]
    least = min(gap, 1 / max(len(heights) - 1, 1))
    assert all(b - a >= least - 1e-9 for a, b in pairwise(ordered))


def test_labels_that_are_apart_stay():
    assert look.apart([0.9, 0.1, 0.5], 0.1) == [0.9, 0.1, 0.5]
