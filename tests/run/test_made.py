"""What results say of how they were made, and what a reader without qng finds in a file."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qng
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate
from qng.errors import InputError
from qng.run.codec import NotStorableError
from qng.run.described import described, digest
from qng.run.made import MetricResult, StepsResult, metric_result, steps_result
from tests.executors import Fake


def test_a_run_says_where_it_was_made() -> None:
    made = qng.minimize("one-qubit", "gd", steps=1, shots=100).made
    assert made is not None
    assert made.threads is not None
    assert made.machine.split()
    assert made.settings == {"name": "statevector"}
    assert made.stop == ""
    mine = qng.minimize("one-qubit", "gd", steps=1, shots=100, executor=Fake()).made
    assert mine is not None
    assert mine.settings == {}
    found = qng.compare("one-qubit", ["gd"], starts=2, steps=1, threads=1)
    for run in found.runs["gd"]:
        assert run.made is not None
        assert (run.made.threads, run.made.settings) == (1, {"name": "statevector"})


def test_mitigated_executors_are_made_again() -> None:
    device = qng.executor("generic:5", mitigate=500)
    run = qng.minimize("one-qubit", "gd", steps=1, shots=100, executor=device)
    assert run.made is not None
    assert run.made.settings == {"name": "generic:5", "mitigate": 500}
    assert qng.repeat(run).ground == "bits"


@pytest.mark.parametrize("shots", [None, 500])
def test_metrics_and_steps(tmp_path: Path, shots: int | None) -> None:
    point = qng.load("textbook-2").initial + 0.1
    found = metric_result("textbook-2", point, shots=shots, seed=3)
    assert found.name == ("exact" if shots is None else "blocks")
    alone = qng.metric("textbook-2", point, shots=shots, seed=3)
    np.testing.assert_array_equal(found.metric.dense(), alone.dense())
    found.save(tmp_path / "metric.json")
    back: Any = qng.load_run(tmp_path / "metric.json")
    assert isinstance(back, MetricResult)
    np.testing.assert_array_equal(back.metric.dense(), alone.dense())
    assert back.parameters == qng.load("textbook-2").parameters
    assert back.made.seed == 3
    steps = steps_result("textbook-2", point, ["gd", "qng"], lr={"gd": 0.2}, shots=shots, seed=3)
    steps.save(tmp_path / "steps.json")
    again: Any = qng.load_run(tmp_path / "steps.json")
    assert isinstance(again, StepsResult)
    assert [report.method for report in again.reports] == ["gd", "qng"]
    assert again.methods["gd"].search.lr == 0.2
    np.testing.assert_array_equal(again.reports[1].step, steps.reports[1].step)


def test_points_and_metrics_that_cannot_be_kept(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one point is expected"):
        metric_result("one-qubit", np.zeros((3, 2)))
    implicit = metric_result("textbook-2", estimator="implicit")
    with pytest.raises(NotStorableError, match="of a metric store dense"):
        implicit.save(tmp_path / "metric.json")


def test_a_file_has_its_problem_as_text(tmp_path: Path) -> None:
    """With plain JSON: the circuit, which Qiskit reads as well, the observable, and the digest."""
    found = qng.compare("textbook-2", ["gd"], starts=2, steps=1)
    found.save(tmp_path / "found.json")
    document = json.loads((tmp_path / "found.json").read_text())
    (problem,) = document["problems"]
    whole = qng.load("textbook-2")
    again = Circuit.from_qasm(problem["circuits"][0]["openqasm"])
    assert again == whole.circuit
    assert problem["observable"] == {str(word): c.real for word, c in whole.observable}
    assert problem["parameters"] == list(whole.parameters)
    decisive = {key: problem[key] for key in ("parameters", "frozen", "circuits", "observable")}
    text = json.dumps(decisive, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == problem["digest"] == digest(whole)


def test_digests_tell_problems_apart() -> None:
    whole = qng.load("h2")
    others = [whole, whole.freeze("t1"), qng.load("textbook-2"), qng.load("normal-fit")]
    assert len({digest(problem) for problem in others}) == 4
    moved = qng.Problem(whole.circuit, whole.observable, start=whole.initial + 1, name="other")
    assert digest(moved) == digest(whole)
    fitted = qng.load("normal-fit")
    assert digest(fitted) == digest(qng.load("normal-fit"))
    assert described(fitted)["parameters"] == list(fitted.parameters)


def test_a_circuit_without_text() -> None:
    rng = np.random.default_rng(0)
    matrix = np.linalg.qr(rng.normal(size=(32, 32)) + 1j * rng.normal(size=(32, 32)))[0]
    circuit = Circuit(5, [Gate("unitary", (0, 1, 2, 3, 4), matrix)], [])
    text = described(qng.Problem(circuit, {"Z0": 1.0}))["circuits"][0]["openqasm"]
    assert text.startswith("// ")
    assert "SHA-256 of the gates" in text
