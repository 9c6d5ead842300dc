"""The table of a comparison, and what has to be known of it."""

import math
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

import qng
from qng.report import cells
from qng.report.compared import (
    at_equal_cost,
    comparison_notes,
    comparison_table,
    cost_cell,
    extent,
    median_cell,
)
from qng.report.inference import reach
from qng.report.spent import AXES
from qng.report.summary import budget_of, summaries
from tests.report.test_paired import GOAL, comparison, course, methods, run


def text(renderable, width=100):
    console = Console(width=width, record=True, file=StringIO())
    console.print(renderable)
    return console.export_text()


@pytest.fixture(scope="module")
def found():
    return qng.compare("textbook-2", ["gd", "spsa", "qng"], starts=2, steps=12, workers=1)


def rows(table):
    return [line.split() for line in text(table).splitlines() if line.strip()]


@pytest.mark.parametrize("axis", AXES)
def test_the_table_says_its_axis_and_fits(found, axis):
    shown = text(comparison_table(found, axis))
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 100
    head = shown.splitlines()[2:4]
    cost = {"qpu": "QPU s"}.get(axis, axis)
    assert head[0].count(cost) == 2
    assert "median [quartiles]" in head[1]
    assert "[95 %]" in head[1]
    assert ("time" in head[0]) == (axis != "seconds")


def test_rows_have_the_numbers_of_the_summaries():
    table = methods(a=[1, 1, 2, None, None, 1, 1], b=[None] * 7)
    first, second = rows(comparison_table(table))[-2:]
    assert first[:5] == ["a", "0.1", "5/7", "[36,", "92]"]
    assert first[5:8] == ["100", "[100,", "inf]"]
    assert second[:6] == ["b", "0.1", "0/7", "[0,", "35]", ">400"]
    assert first[-2:] == ["500", "5.00"]


@pytest.mark.parametrize(
    ("reached", "ended", "words"),
    [
        ([1920.0] * 6, [math.inf] * 6, "1.92k [1.92k, 1.92k]"),
        ([5.0, 7.0], [math.inf] * 2, "5"),
        ([5.0, math.nan, math.nan], [9.0] * 3, ">9"),
        ([5.0, math.nan, math.nan], [math.inf] * 3, "never"),
        ([5.0] * 2 + [math.nan] * 6, [9.0] * 8, ">9 [5, inf]"),
        ([0.0], [math.inf], "0"),
    ],
)
def test_costs_in_words(reached, ended, words):
    assert cost_cell(reach(reached, ended)).text == words
    assert cost_cell(None).text == "-"


def test_errors_end_at_rounding():
    assert cells.quartiles(1e-16, 2e-13, 0.5, True) == "<1e-12 [<1e-12, 5.0e-01]"


def test_final_errors_after_different_costs_are_put_beside_those_after_equal_ones(found):
    [words] = at_equal_cost(found, "circuits")
    spent = {s.method: s.spent.median for s in summaries(found, "circuits")}
    budget = budget_of(found, "circuits")
    # SPSA takes three circuits a step, and one at the end.
    assert (budget, spent["spsa"]) == (36, 37)
    assert words.startswith(
        "final error: not at equal cost; at 36 circuits, to which all are known"
    )
    by_name = {s.method: s.equal.median for s in summaries(found, "circuits")}
    assert f"qng {by_name['qng']:.1e}" in words
    assert at_equal_cost(found, "steps") == []


def test_notes_say_how_cost_is_known(found):
    notes = comparison_notes(found)
    assert "circuits to it: the median over all starts" in notes[0]
    assert notes[1].startswith("cost: the runs are exact; their circuits are those of the same")
    assert any("2 starts cannot tell 3 methods apart" in note for note in notes)
    assert comparison_notes(found, "steps")[1].startswith("2 starts cannot")


def test_nothing_is_concluded_from_one_method_or_none():
    alone = methods(a=[1, 1])
    assert not any("apart" in note for note in comparison_notes(alone, "shots"))
    none = comparison({"a": ()}, interrupted="interrupted after 0 of 3 runs")
    nobody = replace(none, runs={})
    assert comparison_notes(nobody, "shots")[0] == "interrupted after 0 of 3 runs"
    assert text(comparison_table(nobody, "shots")).startswith("Toy: ")


def test_an_interrupted_comparison_says_what_is_done():
    runs = {
        "a": tuple(run("a", k, course(1)) for k in range(3)),
        "b": tuple(run("b", k, course(1)) for k in range(2)),
    }
    cut = comparison(runs, interrupted="interrupted after 5 of 6 runs")
    notes = comparison_notes(cut, "shots")
    assert notes[:2] == [
        "interrupted after 5 of 6 runs",
        "runs that are done, of 3 starts: 3 of a, 2 of b; methods are compared by starts of both",
    ]


def test_failed_runs_and_limits_by_method_are_said():
    runs = {
        "a": (run("a", 0, course(1, 3)), run("a", 1, course(None, 2), failed=True)),
        "b": tuple(run("b", k, course(2)) for k in range(2)),
    }
    table = comparison(runs)
    assert "failed: 1 of 2 runs of a; " in comparison_notes(table, "shots")
    assert extent(table) == "2 starts, at most 1 to 4 steps"
    assert rows(comparison_table(table))[-2][8] == "inf]"


def test_without_a_reference_there_is_nothing_to_solve():
    goal = replace(GOAL, reference=None)
    table = comparison({"a": (run("a", 0, [1.0, 0.5], goal=goal),)}, goal)
    shown = text(comparison_table(table, "shots"))
    assert "final energy (Ha)" in shown
    assert "solved" not in shown
    assert not any("solved" in note for note in comparison_notes(table, "shots"))


def test_references_that_differ_are_not_printed():
    table = methods(a=[1, 1])
    merged = replace(table, goal=replace(GOAL, reference=math.nan))
    assert "nan" not in " ".join(comparison_notes(merged, "shots"))
    assert "of their own E_ref" in comparison_notes(merged, "shots")[0]


def test_a_median_beyond_the_last_success_where_others_have_ended() -> None:
    """Two are there, two have ended, and one was cut: nobody knows whether it would be the half."""
    found = reach([1.0, 3.0, *[math.inf] * 3], [*[math.inf] * 4, 5.0])
    assert (found.until, found.median, found.lost) == (math.inf, math.inf, False)
    assert median_cell(found).text == ">3"
