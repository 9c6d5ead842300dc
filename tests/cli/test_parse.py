"""From words to names, rates, points, problems and executors."""

import json

import numpy as np
import pytest

from qng import optimizers
from qng.cli import parse
from qng.errors import InputError
from qng.problem.library import load

SMALL = "one-qubit"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", []), ("gd", ["gd"]), (" gd , qng,", ["gd", "qng"]), (",,", [])],
)
def test_names(text, expected):
    assert parse.names(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", {}), ("qng=0.1", {"qng": 0.1}), (" qng = 1e-2, gd=2", {"qng": 0.01, "gd": 2.0})],
)
def test_rates(text, expected):
    assert parse.rates(text) == expected


def test_methods_with_a_trust():
    assert parse.methods(["gd", "qng"], {"qng": 0.2}, trust=None) == (["gd", "qng"], {"qng": 0.2})
    found, left = parse.methods(["gd", "qng"], {"qng": 0.2, "ng": 1.0}, trust=0.3)
    assert found == {"gd": optimizers.gd(), "qng": optimizers.qng(0.2, trust=0.3)}
    assert left == {"ng": 1.0}


def test_methods_with_metrics():
    one, left = parse.methods(["gd", "qng"], {"qng": 0.2}, ["sld"])
    assert one == {"gd": optimizers.gd(), "qng": optimizers.qng(0.2, metric="sld")}
    assert not left
    each, _ = parse.methods(["gd", "qng"], {"qng": 0.2}, ["sld", "blocks"])
    assert each == {
        "gd": optimizers.gd(),
        "qng sld": optimizers.qng(0.2, metric="sld"),
        "qng blocks": optimizers.qng(0.2, metric="blocks"),
    }
    with pytest.raises(InputError, match="--metric is given, and none"):
        parse.methods(["gd"], {}, ["sld"])


@pytest.mark.parametrize("text", ["qng", "qng:0.1", "qng=", "qng=fast", "qng=nan", "0.1"])
def test_rates_of_another_form(text):
    with pytest.raises(InputError, match=r"qng=0\.1,adam=0\.05"):
        parse.rates(text)


def test_a_problem_with_parameters_that_are_held():
    whole = load("qng-demo")
    first, *others = whole.circuit.parameters
    assert parse.problem("qng-demo").frozen == whole.frozen
    assert parse.problem("qng-demo", freeze=first).frozen == (first,)
    assert parse.problem("qng-demo", train=first).frozen == tuple(others)
    with pytest.raises(InputError, match="not both"):
        parse.problem("qng-demo", first, first)


def test_a_point_is_its_start_or_what_is_given(tmp_path):
    problem = load(SMALL)
    given = (problem.initial + 0.1).tolist()
    bare, listed, run = (tmp_path / name for name in ("bare.txt", "list.json", "run.json"))
    bare.write_text("\n".join(map(repr, given)))
    listed.write_text(json.dumps(given))
    run.write_text(json.dumps({"x": given, "nit": 3}))
    assert np.array_equal(parse.point(problem, None), problem.initial)
    for text in (",".join(map(repr, given)), str(bare), str(listed), str(run)):
        assert parse.point(problem, text).tolist() == given


def test_a_random_point_is_that_of_its_seed():
    problem = load(SMALL)
    one, same, other = (parse.point(problem, "random", seed) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_an_executor_is_a_name_until_it_corrects_something():
    assert parse.executor("aer", 0) == "aer"
    with parse.on_cluster("aer", None) as device:
        assert device == "aer"
    with pytest.raises(InputError):
        parse.executor("statevector", 100)
