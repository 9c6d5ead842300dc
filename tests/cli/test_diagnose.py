"""`qng diagnose`: what it prints, keeps and refuses."""

import pytest

import qng
from tests.cli.test_commands import as_json, done, invoke


def test_of_a_run_that_is_kept_in_a_file(tmp_path):
    kept, found = (tmp_path / name for name in ("run.json", "found.json"))
    qng.minimize("one-qubit", "gd", steps=4, lr=0.05).save(kept)
    out = done("diagnose", kept, "--save", found)
    first = out.splitlines()[1]
    assert first.startswith("grad . g^-1 . grad")
    assert "still descending" in out
    assert "a larger rate: qng run one-qubit --optimizer gd --lr" in out
    assert "why it does not converge" in qng.load_run(found).title


def test_from_shots_its_cost_is_said_first():
    code, out, err = invoke("diagnose", "one-qubit", "--theta", "0.3,0.8", "--shots", "1e5")
    assert code == 0
    assert "circuits at" in err
    assert "each decision is wrong in at most 0.5%" in out
    assert "+-" in out


def test_all_of_it_is_data():
    found = as_json("diagnose", "one-qubit", "--theta", "0.3,0.8", "--optimizer", "gd", "--lr", 0.1)
    assert found["verdict"] == "descending"
    assert found["slope"]["value"] == pytest.approx(4 * found["evidence"]["variance"]["value"])
    assert {"name", "holds", "says", "rule", "change", "settings"} == found["findings"][0].keys()


def test_a_better_start_is_a_file_that_start_reads(tmp_path):
    start, folder = tmp_path / "start.json", tmp_path / "spins"
    circuit = qng.circuit.ansatz.hardware_efficient(2, 0, ("ry",))
    problem = qng.Problem(circuit, {"Z0 Z1": 1.0, "Z0": 0.1}, start=[0.0, 0.0], name="spins")
    qng.save(problem, folder)
    out = done("diagnose", folder, "--to", start, "--rules")
    assert "a saddle" in out
    assert "along a direction of negative curvature" in out
    assert as_json("run", folder, "--start", start, "--steps", 50)["energy"] < -1
    _, _, err = invoke("diagnose", "one-qubit", "--to", tmp_path / "none.json")
    assert "no better start" in err
    assert not (tmp_path / "none.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nope",), "nope"),
        (("one-qubit", "--shots", "3"), "3 shots are too few"),
        (("one-qubit", "--lr", "0.1"), "method"),
        (("one-qubit", "--mitigate", "100"), "--executor"),
        (("one-qubit", "--executor", "nope"), "nope"),
        (("one-qubit", "--shots", "1e4", "--starts", "3"), "--starts"),
        (("none.json",), "there is no such file"),
        (("logistic", "--shots", "1000"), "model"),
        (("one-qubit", "--plot", "x.txt"), ".png"),
    ],
)
def test_bad_input_is_one_line(words, said):
    code, out, err = invoke("diagnose", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_file_of_something_else(tmp_path):
    file = tmp_path / "metric.json"
    qng.save_result(qng.metric("one-qubit"), file)
    code, _, err = invoke("diagnose", file)
    assert code == 2
    assert "holds a Dense" in err
