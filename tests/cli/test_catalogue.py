"""`qng methods` and `qng estimators`."""

import pytest

from qng.estimate.table import GRADIENTS, METRICS
from qng.optimize.methods import CONTROLS, METHODS
from tests.cli.test_commands import as_json, done, invoke


def lines_of(out):
    """The first line that begins with each word."""
    return {line.split()[0]: line for line in reversed(out.splitlines()) if line.strip()}


def test_methods_are_listed_one_a_line():
    lines = lines_of(done("methods"))
    assert {*METHODS, *CONTROLS} <= set(lines)
    assert "lr=0.1, damping=0.001, metric=auto, every=1, trust=0.1" in lines["qng"]
    assert lines["qng"].endswith("Stokes et al. 2020")
    assert all(len(lines[name].split()) > 4 for name in METHODS)


def test_estimators_are_listed_one_a_line():
    lines = lines_of(done("estimators"))
    assert {*METRICS, *GRADIENTS} <= set(lines)
    assert "arXiv:1909.02108" in lines["blocks"]


def test_a_method_in_detail():
    out = done("methods", "trust-region")
    for part in ("KL(", "delta", "0.01", "nats", "source", "Schulman"):
        assert part in out
    assert "qng run h2 --optimizer trust-region" in out
    assert "a step on h2" in out


def test_an_estimator_in_detail():
    out = done("estimators", "overlaps")
    assert "2R^2 - R overlaps" in out
    assert "g_kk = -F''(x e_k) / 2" in out
    assert "qng metric h2 --metric overlaps" in out
    assert done("estimators", "spsa").count("source") == 2


def test_both_as_json():
    assert [row["name"] for row in as_json("methods")["methods"]] == [*METHODS, *CONTROLS]
    rows = as_json("estimators")["estimators"]
    assert {row["kind"] for row in rows} == {"metric", "gradient", "hessian", "curvature"}
    assert as_json("methods", "qng")["step_on_h2"].startswith("a step on h2")
    assert [row["kind"] for row in as_json("estimators", "spsa")["estimators"]] == [
        "metric",
        "gradient",
    ]


@pytest.mark.parametrize("what", ["methods", "estimators"])
def test_an_unknown_name(what):
    code, out, err = invoke(what, "qgn")
    assert (code, out) == (2, "")
    assert err.startswith(f"error: unknown {what[:-1]} 'qgn'; ")
