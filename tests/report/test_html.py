"""A page of results: what is on it, that it needs nothing else, and that text stays text."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import shlex
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from rich.text import Text
from typer.testing import CliRunner

import qng
from qng.cli import application
from qng.errors import MissingPackageError
from qng.report import cells, plots
from qng.report.html import Chapter, of_comparison, of_run, page
from qng.report.html.figures import FLOOR, courses, errors, shares
from qng.report.html.geometry import metric_figure
from qng.report.html.page import plotly_script
from qng.report.html.pictures import of_picture
from qng.report.html.repeat import as_command, in_python
from qng.report.markup import of_terminal, tag
from qng.report.profile import error_at
from qng.report.spent import spent
from qng.report.statistics import Spread, distances
from qng.run.comparison import Comparison
from qng.run.results import Run
from qng.run.trace import Trace

plotly = pytest.importorskip("plotly")

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


class Elements(HTMLParser):
    """All elements of a page with their attributes, the text of scripts, and all other text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self._in = ""
        self.feed(text)

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((name, dict(attributes)))
        self._in = name
        if name == "script":
            self.scripts.append("")

    def handle_endtag(self, name: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in == "script":
            self.scripts[-1] += data
        elif self._in != "style":
            self.words.append(data)

    def of(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.found if found == name]


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return qng.compare("textbook-2", ["gd", "qng"], starts=3, steps=12)


@pytest.fixture(scope="module")
def sampled() -> Run:
    return qng.minimize("textbook-2", "gd", steps=4, shots=500)


@pytest.fixture(scope="module")
def whole(comparison: Comparison, sampled: Run) -> str:
    return page([of_comparison(comparison, "c.json"), of_run(sampled)], "Two", "qng report c.json")


def test_nothing_is_loaded_from_anywhere(whole: str) -> None:
    elements = Elements(whole)
    assert not elements.of("link")
    assert not [a for _, a in elements.found if "src" in a]
    links = [a["href"] or "" for a in elements.of("a")]
    assert all(link.startswith(("#", "https://doi.org/", "https://arxiv.org/")) for link in links)
    (policy,) = [a["content"] or "" for a in elements.of("meta") if "http-equiv" in a]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")


def test_only_the_scripts_of_the_page_may_run(whole: str) -> None:
    elements = Elements(whole)
    data, *scripts = elements.scripts
    json.loads(data)
    assert scripts[0] == plotly_script()
    (policy,) = [a["content"] or "" for a in elements.of("meta") if "http-equiv" in a]
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "'unsafe-inline'" not in policy.split("style-src")[0]
    assert not [name for _, a in elements.found for name in a if name.startswith("on")]


def test_names_are_text_wherever_they_stand(comparison: Comparison) -> None:
    goal = replace(comparison.goal, name=EVIL, title=EVIL, unit=EVIL)
    evil_runs = (
        replace(run, method=EVIL, goal=goal, message=EVIL) for run in comparison.runs["gd"]
    )
    runs = {EVIL: tuple(evil_runs)}
    evil = replace(comparison, goal=goal, runs=runs)
    elements = Elements(page([of_comparison(evil, EVIL, EVIL), of_run(runs[EVIL][0], EVIL)], EVIL))
    assert not elements.of("img")
    assert len(elements.scripts) == 3
    assert sum(EVIL in word for word in elements.words) > 5
    assert "alert(1)" not in "".join(elements.scripts[1:])
    # Plotly reads tags in the text that it shows.
    assert "<script" not in json.dumps(json.loads(elements.scripts[0]))


def test_every_figure_is_one_that_plotly_knows(comparison: Comparison, sampled: Run) -> None:
    from plotly.graph_objects import Figure

    chapters = of_comparison(comparison), of_run(sampled)
    figures = [part for chapter in chapters for part in chapter.parts if hasattr(part, "views")]
    assert len(figures) == 6
    for figure in figures:
        for view in figure.views:
            Figure({"data": view.traces, "layout": view.layout})


def test_errors_are_medians_of_what_is_known_at_each_cost(comparison: Comparison) -> None:
    figure = errors(comparison)
    assert figure is not None
    every = figure.views[-5:]
    assert [view.name for view in every][:2] == ["circuits, all starts", "steps, all starts"]
    for view, axis in zip(every, ("circuits", "steps")):
        for method, runs in comparison.runs.items():
            (line,) = [t for t in view.traces if t.get("name") == method]
            assert line["x"] == pytest.approx(spent(runs[0], axis))  # all cost the same here
            medians = np.median([distances(run) for run in runs], axis=0)
            assert line["y"] == pytest.approx(np.maximum(medians, FLOOR), rel=1e-9)
    assert "circuits are those of the same steps on a device" in every[0].note


def test_errors_are_first_over_the_starts_that_are_solved() -> None:
    compared = qng.compare("h2", ["gd", "qng"], starts=5, steps=40)
    solved = [run for run in compared.runs["qng"] if run.solved]
    assert 0 < len(solved) < 5
    assert not any(run.solved for run in compared.runs["gd"])
    figure = errors(compared, "steps")
    assert figure is not None
    first, every = figure.views[0], figure.views[len(figure.views) // 2]
    assert (first.name, every.name) == ("steps, solved starts", "steps, all starts")
    lines = [{t["name"]: t["y"] for t in view.traces if "name" in t} for view in (first, every)]
    medians = np.median([distances(run) for run in solved], axis=0)
    assert lines[0]["qng"] == pytest.approx(np.maximum(medians, FLOOR), rel=1e-9)
    assert lines[0]["gd"] == lines[1]["gd"]
    assert lines[0]["qng"] != lines[1]["qng"]


def test_quartiles_are_those_of_the_errors_at_a_cost(comparison: Comparison) -> None:
    runs = list(comparison.runs["qng"])
    # One that has met its rule, and one that has failed: both will stay as they are.
    runs[1] = replace(runs[1], trace=Trace(runs[1].trace.rows[:8]), nit=7)
    runs[2] = replace(runs[2], trace=Trace(runs[2].trace.rows[:5]), nit=4, failed=True)
    uneven = replace(comparison, runs={"qng": tuple(runs)})
    figure = errors(uneven, "shots")
    assert figure is not None
    (view,) = [view for view in figure.views if view.name in ("shots", "shots, all starts")]
    lower, upper, line = view.traces
    spreads = [Spread.of(error_at(run, "shots", cost) for run in runs) for cost in line["x"]]
    for trace, name in ((lower, "lower"), (line, "median"), (upper, "upper")):
        expected = [getattr(spread, name) for spread in spreads]
        found = [math.inf if value is None else value for value in trace["y"]]
        assert found == pytest.approx(np.maximum(expected, FLOOR), rel=1e-9)
    assert upper["y"][-1] is None


def test_bands_are_hidden_with_their_lines(comparison: Comparison) -> None:
    for figure in (errors(comparison), shares(comparison)):
        assert figure is not None
        for trace in figure.views[0].traces:
            assert trace["legendgroup"] in comparison.runs
            assert trace.get("showlegend", True) == ("name" in trace)


def test_shares_end_at_the_share_that_is_solved(comparison: Comparison) -> None:
    figure = shares(comparison)
    assert figure is not None
    for method, runs in comparison.runs.items():
        (line,) = [t for t in figure.views[0].traces if t.get("name") == method]
        assert line["y"][-1] == pytest.approx(np.mean([run.solved for run in runs]))


def test_single_runs_have_their_errors(sampled: Run) -> None:
    figure = courses({"gd": [sampled]})
    assert figure is not None
    below, above, line = figure.views[0].traces
    energies, sigma = sampled.trace["energy"], sampled.trace["std_error"]
    assert line["y"] == pytest.approx(energies, rel=1e-9)
    assert line["customdata"] == pytest.approx(sigma, rel=1e-9)
    assert below["y"] == pytest.approx(energies - 2 * sigma, rel=1e-9)
    assert above["y"] == pytest.approx(energies + 2 * sigma, rel=1e-9)


def test_published_points_stand_with_the_energies(comparison: Comparison) -> None:
    figure = courses(comparison.runs, {"qng": [(0, 0.5), (10, -1.0)]})
    assert figure is not None
    *_, points = figure.views[0].traces
    assert (list(points["x"]), list(points["y"])) == ([0, 10], [0.5, -1.0])
    assert points["name"] == "qng, published"
    assert all("published" not in t.get("name", "") for t in figure.views[1].traces)


def test_the_metric_is_that_of_the_best_run(comparison: Comparison) -> None:
    runs = [run for of in comparison.runs.values() for run in of]
    figure = metric_figure(runs)
    assert figure is not None
    best = min(comparison.runs["qng"], key=lambda run: run.error)
    matrix, values = (view.traces[0] for view in figure.views)
    exact = qng.metric("textbook-2", best.x, "exact").dense()
    assert np.allclose(matrix["z"], exact, atol=1e-9)
    assert values["y"][0] == pytest.approx(np.linalg.eigvalsh(exact)[-1])


def test_pictures_keep_their_numbers() -> None:
    curves = {"a": ([0, 1, 2], [1.0, 1e-3, 1e-14]), "<b>": ([0, 1], [2.0, 3.0])}
    drawn = plots.lines(curves, x_label="x", y_label=r"$E_\mathrm{ref}$", log_y=True)
    (figure,) = of_picture(drawn)
    first, second = figure.views[0].traces
    assert (first["x"], first["y"][:2]) == ([0, 1, 2], [1.0, 1e-3])
    assert (second["name"], second["y"]) == ("&lt;b&gt;", [2.0, 3.0])
    assert figure.views[0].layout["yaxis"]["title"]["text"] == "E<sub>ref</sub>"
    matrix = np.array([[1.0, -0.5], [-0.5, 2.0]])
    (figure,) = of_picture(plots.heat_map(matrix, ["a", "b"], label="entry of $g$"))
    heat = figure.views[0].traces[0]
    assert heat["z"] == matrix.tolist()
    assert (heat["zmin"], heat["zmax"]) == (-2.0, 2.0)
    assert heat["colorbar"]["title"]["text"] == "entry of g"


def test_pictures_are_figures_that_plotly_knows(comparison: Comparison) -> None:
    from plotly.graph_objects import Figure

    run = comparison.runs["qng"][0]
    problem = qng.load("one-qubit")
    found = qng.minimize(problem, "qng", steps=3)
    every = [plots.compared(comparison), plots.trace(run), plots.metric(qng.metric(problem), "ab")]
    every.append(plots.landscape(problem, {"qng": found}))
    figures = [figure for picture in every for figure in of_picture(picture)]
    assert len(figures) == 7
    for figure in figures:
        for view in figure.views:
            Figure({"data": view.traces, "layout": view.layout})


def test_a_script_repeats_a_result_to_the_last_bit(
    comparison: Comparison, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "c.json"
    comparison.save(file)
    exec(compile(in_python(comparison, str(file)), "repeat", "exec"), {})
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 6
    assert all(again == before for _, again, before in lines)


def test_a_command_is_given_where_it_says_everything(comparison: Comparison, sampled: Run) -> None:
    assert as_command(comparison) == (
        "qng compare textbook-2 --methods gd,qng --starts 3 --steps 12 --seed 0"
    )
    assert as_command(sampled) == (
        "qng run textbook-2 --optimizer gd --steps 4 --seed 0 --shots 500"
    )


def test_the_command_makes_it_again_to_the_last_bit(tmp_path: Path) -> None:
    rates = qng.compare("textbook-2", ["gd@0.05", "qng"], starts=2, steps=3, shots=100, seed=4)
    words = shlex.split(as_command(rates))
    assert words[:5] == ["qng", "compare", "textbook-2", "--methods", "gd@0.05,qng"]
    done = CliRunner().invoke(application(), [*words[1:], "--json"])
    again = json.loads(done.stdout)["methods"]
    for method, runs in rates.runs.items():
        energies = [run["energies"] for run in again[method]["runs"]]
        assert energies == [run.trace["energy"].tolist() for run in runs]


def test_no_command_is_given_for_what_it_does_not_say() -> None:
    problem = qng.load("textbook-2")
    assert not as_command(qng.minimize(problem, "gd", start=[0.0] * 4, steps=1))
    assert not as_command(qng.minimize(problem, "gd", lr=0.3, steps=1))
    assert not as_command(qng.minimize(problem.freeze("x0"), "gd", steps=1))
    own = qng.compare(problem, {"mine": qng.optimizers.gd(0.3)}, starts=2, steps=1)
    assert not as_command(own)


def test_degenerate_results_have_a_page(comparison: Comparison) -> None:
    nothing = replace(comparison, runs={}, interrupted="interrupted after 0 of 6 runs")
    unsteady = qng.minimize("textbook-2", "gd", steps=0)
    unknown = replace(unsteady, goal=replace(unsteady.goal, reference=None), made=None)
    rows = comparison.runs["gd"][0].trace.rows
    cut = Trace((*rows[:3], replace(rows[3], energy=math.nan)))
    lost = replace(comparison.runs["gd"][0], trace=cut, fun=math.nan, failed=True)
    chapters = [of_comparison(nothing), of_run(unsteady), of_run(unknown), of_run(lost)]
    text = page([*chapters, Chapter("", ())])
    assert "interrupted after 0 of 6 runs" in text
    assert "NaN" not in Elements(text).scripts[0]


def test_tables_are_those_of_the_terminal() -> None:
    table = cells.frame()
    table.add_column("name")
    table.add_column("value\n(Ha)", justify="right")
    cells.add(table, ["[b]<i>", "1"])
    elements = Elements(of_terminal(cells.titled("Title", table)).text)
    assert elements.words == ["Title", "name", "value\n(Ha)", "[b]<i>", "1"]
    assert [a.get("scope") for a in elements.of("th")] == ["col", "col", "row"]
    assert of_terminal(Text("a & b")) == tag("p", "a & b")


def test_without_plotly_a_line_says_what_to_install(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    plotly_script.cache_clear()
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(MissingPackageError, match=r"a report needs the package plotly.*\[report\]"):
        page([of_comparison(comparison)])
