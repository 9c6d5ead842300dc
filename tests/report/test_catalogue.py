"""What is said of methods and estimators: of each of them, and so that it can be done."""

import inspect
import json

import numpy as np
import pytest

import qng
from qng.errors import UnknownNameError
from qng.estimate.table import BERRY, GRADIENTS, HESSIANS, METRICS
from qng.optimize.hyperparameters import MEANINGS
from qng.optimize.methods import CONTROLS, METHODS
from qng.report import catalogue, listed
from qng.report.literature import TEXTS

KNOWN = catalogue.methods()
ESTIMATED = catalogue.estimators()
EVERY = [*KNOWN, *ESTIMATED]


def names(entries):
    return [f"{entry.kind}-{entry.name}" for entry in entries]


def test_every_method_and_every_estimator_is_there_once():
    assert [entry.name for entry in KNOWN] == [*METHODS, *CONTROLS]
    tables = {"metric": METRICS, "gradient": GRADIENTS, "hessian": HESSIANS, "curvature": BERRY}
    found = {kind: {e.name for e in ESTIMATED if e.kind == kind} for kind in tables}
    assert found.pop("metric") | {"hessian"} == set(METRICS)
    assert found == {kind: set(table) for kind, table in tables.items() if kind != "metric"}
    assert len(ESTIMATED) == sum(map(len, tables.values())) - 1


@pytest.mark.parametrize("entry", EVERY, ids=names(EVERY))
def test_each_has_a_source_or_says_that_it_is_ours(entry):
    assert entry.references
    assert all(len(line) > 3 and "\n" not in line for line in entry.references)
    assert entry.cited
    assert all(key in TEXTS for key in entry.keys)
    if not entry.keys:
        said = " ".join(entry.references)
        assert any(word in said for word in ("arXiv:", "ours", "textbooks", "(1", "(2"))


@pytest.mark.parametrize("entry", EVERY, ids=names(EVERY))
def test_each_says_what_it_is_and_what_its_options_mean(entry):
    assert entry.title.endswith(".")
    assert "\n" not in entry.title
    assert len({option.name for option in entry.options}) == len(entry.options)
    for option in entry.options:
        assert len(option.meaning) > 5, option
        assert "\n" not in option.meaning


@pytest.mark.parametrize("entry", KNOWN, ids=names(KNOWN))
def test_defaults_are_those_of_the_signature(entry):
    make = {**METHODS, **CONTROLS}[entry.name]
    signature = inspect.signature(make).parameters
    assert {o.name: o.default for o in entry.options} == {
        k: p.default for k, p in signature.items()
    }


@pytest.mark.parametrize("entry", KNOWN, ids=names(KNOWN))
def test_the_example_of_a_method_runs(entry):
    run = eval(f"{entry.example[:-1]}, steps=1)", {"qng": qng})
    assert np.isfinite(run.fun)
    assert entry.command.startswith(f"qng run h2 --optimizer {entry.name}")


@pytest.mark.parametrize("entry", ESTIMATED, ids=names(ESTIMATED))
def test_the_example_of_an_estimator_runs(entry):
    assert eval(entry.example.replace('"h2"', '"one-qubit"'), {"qng": qng}) is not None


def test_no_meaning_is_of_a_name_that_is_not_there():
    every = {option.name for entry in EVERY for option in entry.options}
    assert set(MEANINGS) <= every


def test_units_follow_from_what_the_metric_is():
    units = {(entry.name, option.name): option.unit for entry in KNOWN for option in entry.options}
    # dtheta = -eta M^-1 s, with g in 1/rad^2, a Hessian in E/rad^2, a gradient in E/rad.
    assert units["gd", "lr"] == units["spsa", "lr"] == units["quiver", "lr"] == "rad^2/E"
    assert units["quiver", "smoothness"] == "E/rad^2"
    assert units["adam", "lr"] == units["muon", "lr"] == units["shampoo", "lr"] == "rad"
    assert units["qng", "lr"] == units["ng", "lr"] == units["sr", "lr"] == "1/E"
    assert units["newton", "lr"] == units["gauss-newton", "lr"] == ""
    assert units["newton", "damping"] == "E/rad^2"
    assert units["qng", "damping"] == units["sr", "last"] == "1/rad^2"


def test_what_means_more_is_said_by_the_docstring():
    (newton,) = catalogue.entries("method", "newton")
    (qng_entry,) = catalogue.entries("method", "qng")
    trust = {entry.name: entry.options[-1].meaning for entry in (newton, qng_entry)}
    assert "Euclidean" in trust["newton"]
    assert trust["qng"] == MEANINGS["trust"]


def test_variants_that_differ_are_told_apart():
    blocks, differences = (
        catalogue.entries("estimator", name)[0] for name in ("blocks", "finite-difference")
    )
    assert list(blocks.cost) == ["exact", "from shots"]
    assert "from shots only" in {o.name: o.meaning for o in blocks.options}["pairs"]
    assert "(from shots: 0.3)" in differences.options[0].meaning
    (density,) = catalogue.entries("estimator", "sld")
    assert density.had == ("density matrix",)


def test_all_of_one_name_are_shown():
    assert [e.kind for e in catalogue.entries("estimator", "spsa")] == ["metric", "gradient"]
    with pytest.raises(UnknownNameError, match="did you mean qng"):
        catalogue.entries("method", "qgn")


def test_what_a_step_takes_is_counted():
    from qng.run.preview import step_cost

    cost = step_cost("h2", "qng", shots=10_000).step
    assert f"{cost.circuits} circuits at {cost.points} points" in listed.step_on_h2("qng")
    assert "one further round" in listed.step_on_h2("trust-region")
    with pytest.raises(UnknownNameError):
        listed.step_on_h2("qgn")


@pytest.mark.parametrize("entry", EVERY, ids=names(EVERY))
def test_each_is_shown_and_is_json(entry):
    assert listed.detail(entry)
    again = json.loads(json.dumps(listed.data(entry), allow_nan=False))
    assert again["name"] == entry.name
