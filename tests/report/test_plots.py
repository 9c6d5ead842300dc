"""Pictures say what is in the results, are drawn again as the same file, and are readable."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from qng.errors import InputError, QngError
from qng.optimize.methods import METHODS
from qng.problem.library import load
from qng.report import plots
from qng.report.plots import look
from qng.report.plots.files import data_file
from qng.report.plots.lines import ROUNDING
from qng.run.codec import dumps, loads
from qng.run.compare import compare
from qng.run.results import Goal
from qng.run.several import Comparisons
from tests.report.pictures import GOAL, comparison_of, decaying, overlaps, run_of, said


@pytest.fixture(scope="module")
def comparison():
    """Two of three starts are solved by qng, one by gd, and one by none."""
    stuck = run_of("", [1.0] * 21)
    return comparison_of(
        {
            "gd": [decaying("gd", 0.4), decaying("gd", 0.1), stuck],
            "qng": [decaying("qng", 1.0), decaying("qng", 2.0), stuck],
        }
    )


# --- what is drawn -------------------------------------------------------------------------------


def test_compared_makes_its_point(comparison):
    picture = plots.compared(comparison, "seconds")
    left, right = picture.panels
    never, best = picture.title.split("; ")
    assert never == "Toy: 1 of 3 starts are solved by no method"
    assert best == "qng needs the fewest wall seconds on each of the others"
    gd, qng = left.lines
    # Median and quartiles are of the starts that are solved; all runs are drawn thin.
    np.testing.assert_allclose(gd.y, np.exp(-0.4 * np.arange(21)))
    np.testing.assert_allclose(
        qng.y, (np.exp(-1.0 * np.arange(21)) + np.exp(-2.0 * np.arange(21))) / 2
    )
    assert len(gd.singles) == 3
    assert [line.ending for line in right.lines] == ["1 of 3", "2 of 3"]


def test_shares_rise_where_starts_are_solved(comparison):
    line = plots.share(comparison, "steps").panels[0].lines[1]
    np.testing.assert_allclose(line.x, [0, 4, 7, 20])
    np.testing.assert_allclose(line.y, [0, 1 / 3, 2 / 3, 2 / 3])
    assert np.all(line.lower <= line.y)
    assert np.all(line.upper >= line.y)


def test_nothing_is_claimed_that_is_not_always_so(comparison):
    even = comparison_of(dict.fromkeys(("gd", "qng"), comparison.runs["gd"]))
    assert "fewest" not in plots.compared(even, "steps").title
    alone = comparison_of({"qng": comparison.runs["qng"]})
    assert "fewest" not in plots.compared(alone, "steps").title
    # A run that was cut before may need less, and after an interrupt starts are missing.
    cut = comparison_of({"gd": [decaying("gd", 0.1, n=3)], "qng": [decaying("qng", 1.0)]})
    assert "fewest" not in plots.compared(cut, "steps").title
    missing = comparison_of({"gd": comparison.runs["gd"][1:], "qng": comparison.runs["qng"]})
    assert plots.compared(missing, "steps").title == "Toy"


def test_errors_end_at_rounding():
    exact = comparison_of({"qng": [run_of("qng", [1.0, 1e-3, 1e-15, 0.0])]})
    figure = plots.convergence(exact).draw()
    assert figure.axes[0].get_ylim()[0] == ROUNDING
    assert min(figure.axes[0].lines[0].get_ydata()) == ROUNDING
    assert "1e-12: rounding" in said(figure)


def test_runs_on_an_axis_are_steps_of_what_they_spend(comparison):
    line = plots.convergence(comparison, "seconds").panels[0].lines[0]
    assert line.x[0] == 0.0
    assert line.x[-1] == pytest.approx(0.2)
    np.testing.assert_allclose(line.y[0], 1.0)


def test_a_method_that_fails_is_crossed_out():
    wild = [run_of("wild", [1.0, 5.0, math.nan], failed=True)] * 2
    found = comparison_of({"gd": [decaying("gd", 0.4)] * 2, "wild": wild})
    figure = plots.convergence(found).draw()
    assert "wild (fails)" in said(figure)
    assert any(line.get_marker() == "x" for line in figure.axes[0].lines)
    assert [line.ending for line in plots.share(found, "steps").panels[0].lines] == [
        "2 of 2",
        "0 of 2, 2 fail",
    ]


def test_without_a_reference_there_are_energies_on_a_linear_axis():
    goal = Goal("toy", "Toy", "Ha", 0.01, None)
    blind = comparison_of({"gd": [decaying("gd", 0.4, goal=goal)] * 2}, goal)
    (panel,) = plots.compared(blind).panels
    assert (panel.log_y, panel.y_label, panel.levels) == (False, "energy (Ha)", ())
    with pytest.raises(InputError, match="without a reference"):
        plots.share(blind)


def test_sampled_energies_have_bands():
    goal = Goal("toy", "Toy", "", 0.01, None)
    run = run_of("qng", [1.0, 0.5, 0.2], goal, errors=[0.1, 0.1, 0.05], shots=100)
    top, bottom = plots.trace(run).panels
    np.testing.assert_allclose(top.lines[0].lower, [0.9, 0.4, 0.15])
    np.testing.assert_allclose(bottom.lines[0].y, [1.0, 0.5, 0.2])
    assert "band: 1 standard error" in top.note
    (panel,) = plots.convergence(comparison_of({"qng": [run]}, goal)).panels
    np.testing.assert_allclose(panel.lines[0].upper, [1.1, 0.6, 0.25])
    assert "band: 1 standard error" in panel.note
    bound = run_of("qng", [1.0, 0.5, 0.2], errors=[0.1, 0.1, 0.05], shots=100)
    (line,) = plots.convergence(comparison_of({"qng": [bound]})).panels[0].lines
    np.testing.assert_allclose((line.lower, line.y), ([1.0, 0.5, 0.2], [1.2, 0.7, 0.3]))


def test_lines_of_any_kind():
    picture = plots.lines(
        {"qng": ([8, 10], [1.0, 2.0], [0.1, 0.2]), "gd": ([8, 10], [1.0, 2.0], [0.5, 1.5], [2, 3])},
        x_label="qubits",
        y_label="share",
        published={"qng": ([8], [1.1]), "others": ([10], [2.2])},
        references={"exact": ([8, 10], [1.0, 1.0])},
        levels={"goal": 0.5},
        bars=True,
    )
    qng, gd, same, other, exact = picture.panels[0].lines
    np.testing.assert_allclose([qng.lower, qng.upper], [[0.9, 1.8], [1.1, 2.2]])
    np.testing.assert_allclose(gd.upper, [2, 3])
    assert (same.mark, same.like, same.name) == ("open", "qng", "")
    assert (other.name, exact.mark) == ("others (published)", "reference")
    colours = look.looks(picture.panels[0].names)
    figure = picture.draw()
    marks = [line for line in figure.axes[0].lines if line.get_markerfacecolor() == "white"]
    assert to_hex(marks[0].get_color()) == colours["qng"][0]
    assert "open markers: published" in said(figure)


def test_slopes_are_fitted_where_the_data_are():
    x = np.array([32.0, 64.0, 128.0])
    picture = plots.lines({"qng": (x, 3 * x**2)}, x_label="P", y_label="s", slopes=True)
    fit = picture.panels[0].lines[1]
    assert fit.name == "slope 2.00"
    np.testing.assert_allclose(fit.x, [32, 128])
    np.testing.assert_allclose(fit.y, [3 * 32**2, 3 * 128**2])
    assert math.isnan(plots.slope_of([1, 1], [2, 3])[0])


@pytest.mark.parametrize(
    ("curve", "words"), [((1, [1, 2]), "shapes"), ("abc", "numbers"), (([[1]], [[2]]), "shapes")]
)
def test_curves_that_are_none(curve, words):
    with pytest.raises(InputError, match=words):
        plots.lines({"qng": curve}, x_label="", y_label="")


def test_sweeps(comparison):
    labels = {"qng@0.1": comparison.runs["qng"], "qng@0.5": comparison.runs["gd"]}
    found = comparison_of(labels)
    share = plots.rates(found, "share").panels[0].lines
    assert [line.name for line in share] == ["qng"]
    # Both have the rate of the runs, which are made by hand: one place.
    assert share[0].x.tolist() == [0.1]
    by_size = {8: comparison, 4: comparison}
    line = plots.success(by_size).panels[0].lines[1]
    np.testing.assert_allclose((line.x, line.y), ([4, 8], [2 / 3] * 2))
    cost = plots.cost(by_size, against="steps").panels[0].lines
    assert cost[1].y.tolist() == [7.0, 7.0]
    assert cost[0].y.tolist() == [np.inf, np.inf]  # gd solves one of three: there is no median
    with pytest.raises(InputError, match="2 comparisons"):
        plots.success(by_size, [1])
    assert len(plots.several(Comparisons({"a": comparison, "b": comparison})).panels) == 2


# --- at a point, and paths -----------------------------------------------------------------------


def test_a_landscape_of_two_parameters_has_the_energies():
    problem = load("one-qubit")
    path = np.array([[0.0, 0.0], [0.5, 1.0]])
    picture = plots.landscape(problem, {"qng": path}, resolution=5)
    (panel,) = picture.panels
    assert panel.values.shape == (5, 5)
    from qng.run.point import energy

    corner = [panel.x[-1], panel.y[0]]
    assert panel.values[0, -1] == pytest.approx(energy(problem, corner).value)
    np.testing.assert_allclose(panel.trails[0].points, path)


def test_a_landscape_along_the_paths_has_their_energies():
    problem = load("textbook-2")
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, problem.circuit.n_parameters))
    path = np.array([u * a + v * b for u, v in ((0, 0), (1, 0), (1, 1), (0, 1), (0.5, 0.2))])
    (panel,) = plots.landscape(problem, {"qng": path}, "paths", resolution=3).panels
    flat = panel.trails[0].points
    # The plane holds all points, so that distances are kept.
    assert np.linalg.norm(flat[0] - flat[2]) == pytest.approx(np.linalg.norm(path[0] - path[2]))
    assert panel.note == ""
    by_name = plots.landscape(problem, {"qng": path}, (0, 2), resolution=3).panels[0]
    np.testing.assert_allclose(by_name.trails[0].points, path[:, [0, 2]])
    assert "off the plane" in by_name.note


@pytest.mark.parametrize("directions", ["sideways", (0, 0), (0, 99), [[1, 0, 0, 0], [2, 0, 0, 0]]])
def test_directions_that_are_none(directions):
    problem = load("textbook-2")
    with pytest.raises(InputError, match="directions"):
        plots.landscape(problem, {"qng": problem.initial}, directions)


def test_bloch_vectors_are_those_of_the_states():
    from qng.run.minimize import minimize

    run = minimize("one-qubit", "gd", start=[0.0, 0.5], steps=1)
    vectors = plots.bloch_vectors(run)
    np.testing.assert_allclose(vectors[0], [math.sin(0.5), 0, math.cos(0.5)], atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1)
    figure = plots.bloch({"gd": run}, goal=[0, 0, 1]).draw()
    assert "star: ground state" in said(figure)
    with pytest.raises(InputError, match="one qubit"):
        plots.bloch_vectors(minimize("textbook-2", "gd", steps=0))


def test_a_metric_is_drawn_with_its_errors():
    from qng.run.point import metric

    problem = load("qng-demo")
    names = problem.circuit.parameters
    exact, sampled = (metric(problem, estimator="blocks", shots=s) for s in (None, 4000))
    entries, values = plots.metric(exact, names).panels
    assert (~entries.known).sum() == 8
    assert values.std_error is None
    entries, values = plots.metric(sampled, names, "Demo").panels
    assert entries.std_error.shape == (4, 4)
    assert np.all(values.std_error > 0)
    figure = plots.metric(sampled, names, "Demo").draw()
    assert overlaps(figure) == []
    for words in ("hatched: zero by decision", "in brackets: standard errors", "entry of $g$"):
        assert words in said(figure)


def test_matrices_of_any_kind():
    picture = plots.heat_map(np.diag([0.25, 4e-17, -0.1]), ["a", "b", "c"], title="M")
    figure = picture.draw()
    cells = [text.get_text() for text in figure.axes[0].texts]
    assert cells.count("0") == 7  # what is rounding reads 0
    assert {"0.25", "-0.1"} <= set(cells)
    antisymmetric = plots.curvature(np.array([[0, 0.5], [-0.5, 0]]), ["a", "b"])
    assert antisymmetric.panels[0].values[0, 1] == 0.5
    found = plots.eigenvalues([0.1, 0.4, 1e-17], floor=1e-15).panels[0]
    assert found.values.tolist() == [0.4, 0.1, 1e-17]
    with pytest.raises(InputError, match="square"):
        plots.heat_map(np.zeros((2, 3)))


# --- on paper ------------------------------------------------------------------------------------

LONG = "quantum natural gradient with overlaps, momentum and adaptive damping, number"
NOBODY = [run_of("", [math.nan] * 3, failed=True)] * 2

DEGENERATE = {
    "one point": {"qng": [run_of("qng", [1.0])]},
    "no step, no gradient": {m: [run_of(m, [0.0]), run_of(m, [0.5])] for m in ("gd", "qng")},
    "25 methods": {f"method {k}": [decaying("", 0.05 * k)] * 2 for k in range(25)},
    "long names": {f"{LONG} {k}": [decaying("", 0.5 * k)] * 2 for k in range(12)},
    "all fail": dict.fromkeys(("gd", "qng"), NOBODY),
    "all solved": {m: [run_of(m, [0.0] * 4)] * 3 for m in ("gd", "qng")},
    "dollars": {"a$b_c$": [decaying("", 0.5)] * 2, "100 %": [decaying("", 0.1)] * 2},
}


@pytest.mark.parametrize(
    ("name", "width"),
    [("25 methods", look.COLUMN), ("long names", look.COLUMN)]
    + [(name, look.PAGE) for name in DEGENERATE if name != "25 methods"],
)
def test_no_text_lies_over_another(name, width):
    title = "A $5 problem whose title has to be wrapped, because no line is as long as it is; " * 2
    goal = Goal("toy", title, "Ha", GOAL.accuracy, 0.0)
    found = comparison_of(DEGENERATE[name], goal)
    figure = plots.compared(found, "steps").resized(width).draw()
    assert overlaps(figure) == []
    if name == "all fail":
        assert "no finite value" in said(figure)


@pytest.mark.parametrize(
    "picture",
    [
        plots.landscape_of([0.0], [0.0], [[1.0]], {}, x_label="a", y_label="b"),
        plots.landscape_of([0, 1], [0, 1], np.full((2, 2), np.nan), {"qng": [[0, 0]]},
                           x_label="a", y_label="b"),
        plots.bloch({"qng": [[0, 0, 1]], LONG: np.empty((0, 3))}, title=LONG),
        plots.heat_map(np.zeros((30, 30)), [f"a rather long parameter[{k}]" for k in range(30)]),
        plots.heat_map(np.full((1, 1), np.nan)),
        plots.eigenvalues([0.0, 0.0]),
        plots.eigenvalues([0.5, -0.1], std_error=[0.1, 0.9]),
        plots.steps([]),
    ],
    ids=["landscape", "nan", "bloch", "map", "nan map", "spectrum", "errors", "steps"],
)  # fmt: skip
def test_pictures_of_nothing_are_drawn(picture):
    assert overlaps(picture.draw()) == []
    assert dumps(loads(dumps(picture))) == dumps(picture)


def test_into_axes_of_ones_own(comparison):
    figure = Figure(layout="constrained")
    axes = figure.subplots(1, 2)
    assert plots.compared(comparison, "steps").draw(ax=axes) is figure
    assert axes[0].get_xlabel() == axes[1].get_xlabel() == "step"
    assert figure._suptitle is None
    plots.share(comparison, "steps").draw(ax=Figure().subplots())
    assert plots.share(comparison, "steps")._repr_png_()[0].startswith(b"\x89PNG")
    with pytest.raises(InputError, match="2 panels"):
        plots.compared(comparison, "steps").draw(ax=axes[:1])


def test_pictures_together(comparison):
    parts = [plots.convergence(comparison).headed(name) for name in ("first", "second")]
    picture = plots.together(*parts, columns=2)
    assert [panel.title for panel in picture.panels] == ["first", "second"]
    assert picture.caption == parts[0].caption
    assert picture.bare().title == ""
    with pytest.raises(InputError, match="no pictures"):
        plots.together()


def test_captions_say_settings_and_versions():
    found = compare("one-qubit", ["gd", "qng"], starts=2, steps=2, workers=1)
    caption = plots.compared(found).caption
    words = ("one-qubit", "2 starts, at most 2 steps", "exact", "statevector", "qng 0.", "numpy")
    for word in words:
        assert word in caption
    assert "same steps on a device" in caption
    both = plots.several(Comparisons({"a": found, "b": found})).caption
    assert both.count("2 starts") == 1


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_picture_is_drawn_again_as_the_same_file(comparison, tmp_path, suffix):
    first, again = (tmp_path / f"{name}{suffix}" for name in ("first", "again"))
    beside = plots.save(plots.share(comparison, "steps").resized(look.COLUMN), first)
    assert beside == tmp_path / "first.json"
    plots.save(plots.load(beside), again)
    assert first.read_bytes() == again.read_bytes()
    assert beside.read_bytes() == (tmp_path / "again.json").read_bytes()
    content = first.read_bytes()
    if suffix == ".pdf":
        assert b"/Type3" not in content
        assert b"/CIDFontType2" in content
    if suffix == ".svg":
        assert content.count(b"<text") > 10
        assert b"share of starts solved" in content


def test_numbers_are_saved_over_nothing_else(comparison, tmp_path):
    other = tmp_path / "a.json"
    other.write_text('{"mine": 1}')
    beside = plots.save(plots.share(comparison, "steps"), tmp_path / "a.svg")
    assert beside == data_file(tmp_path / "a.svg") == tmp_path / "a.picture.json"
    assert other.read_text() == '{"mine": 1}'
    with pytest.raises(InputError):
        plots.load(other)
    other.write_text(dumps(comparison.goal))
    with pytest.raises(InputError, match="no picture"):
        plots.load(other)


def test_files_that_cannot_be_written(comparison, tmp_path):
    picture = plots.share(comparison, "steps")
    with pytest.raises(QngError, match="cannot be saved"):
        plots.save(picture, tmp_path / "missing" / "a.svg")
    with pytest.raises(InputError, match="saved as"):
        plots.save(picture, tmp_path / "a.gif")


def test_the_style_is_a_file_that_others_can_use():
    from matplotlib import style

    with style.context("qng.report.plots.paper"):
        from matplotlib import rcParams

        assert (rcParams["pdf.fonttype"], rcParams["svg.fonttype"]) == (42, "none")


# --- colours and places --------------------------------------------------------------------------


def test_looks_are_distinct_and_kept():
    looks = look.looks(list(METHODS))
    assert len({(colour, str(dash)) for colour, dash in looks.values()}) == len(METHODS)
    assert look.looks(["qng", "own"])["qng"] == look.looks(["gd", "qng"])["qng"]


@given(st.lists(st.tuples(st.floats(-1, 2), st.floats(0.01, 0.2)), max_size=15))
def test_names_keep_apart_and_in_order(given):
    heights, sizes = [h for h, _ in given], [s for _, s in given]
    places = look.apart(heights, sizes)
    shrunk = min(1.0, 1 / max(sum(sizes), 1e-12))
    ordered = sorted(zip(heights, places, sizes), key=lambda row: row[0])
    for (_, low, below), (_, high, above) in pairwise(ordered):
        assert high - low >= shrunk * (below + above) / 2 - 1e-9
    for _, place, size in ordered:
        assert shrunk * size / 2 - 1e-9 <= place <= 1 - shrunk * size / 2 + 1e-9


def test_names_that_are_apart_stay():
    assert look.apart([0.9, 0.1, 0.5], [0.1] * 3) == pytest.approx([0.9, 0.1, 0.5])


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "Zs"]), max_size=80))
def test_wrapped_lines_are_short_and_complete(text):
    lines = look.wrapped(text, 1.0, 8.0).split("\n")
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(look.width_of(line, 8.0) <= 1.0 or len(line) == 1 for line in lines)


def test_a_method_of_unknown_cost_is_named_where_it_is_drawn():
    methods = {"sld": METHODS["qng"](metric="sld"), "adam": METHODS["adam"]()}
    found = compare(load("textbook-2"), methods, starts=2, steps=1)
    left, right = plots.compared(found).panels
    assert (left.names, right.names) == (("sld", "adam"), ("adam",))
    assert (left.naming, right.naming) == ("legend", "ends")
