"""Commands on models: they list, show, run, compare and describe them, and refuse in words."""

import json

import pytest
from typer.testing import CliRunner

from qng.cli import application

RUNNER = CliRunner()


def called(*words, code=0):
    done = RUNNER.invoke(application(words), words)
    assert done.exit_code == code, done.output
    return done.output


def test_they_are_listed_and_shown():
    assert "logistic" in called("circuits")
    listed = json.loads(called("circuits", "--json"))
    assert "logistic" in listed["models"]
    shown = called("circuits", "logistic")
    assert "a model, without circuits" in shown
    assert "qubits" not in shown
    data = json.loads(called("circuits", "logistic", "--json"))
    assert (data["kind"], data["qubits"], data["parameters"]) == ("model", None, 3)


def test_run(place):
    shown = called("run", "logistic", "--optimizer", "ng", "--steps", "5", "--save", "run.json")
    assert "loss (nats)" in shown
    assert "circuit" not in shown
    assert "evaluations" in shown
    data = json.loads(called("run", "logistic", "--steps", "2", "--json"))
    assert data["nfev"] == 7


def test_compare(place):
    words = ["--methods", "ng,qng", "--starts", "2", "--steps", "20", "--no-plot"]
    shown = called("compare", "logistic", *words)
    assert "evaluations" in shown
    assert "circuits" not in shown
    assert "random bases" not in shown


def test_metric_and_steps():
    assert "Fisher matrix I (fisher)" in called("metric", "logistic", "--metric", "fisher")
    assert "Fubini-Study metric g (exact)" in called("metric", "logistic")
    shown = called("steps", "logistic", "--methods", "ng,qng")
    assert "of the distributions of the model" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "logistic", "--shots", "100"), "leave shots out"),
        (("run", "logistic", "--executor", "aer"), "leave executor out"),
        (("metric", "logistic", "--metric", "hadamard"), "unknown metric of this model"),
        (("estimate", "logistic"), "is a model"),
        (("run", "logistik"), "did you mean logistic"),
        (("compare", "logistic,h2", "--start", "0.1"), "theta has 1 value"),
    ],
)
def test_what_is_refused_is_refused_in_one_line(words, said, place):
    shown = called(*words, code=2)
    assert shown.startswith("error: ")
    assert said in " ".join(shown.split())
