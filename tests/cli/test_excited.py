"""`qng excited`: what it prints, keeps, goes on with and refuses."""

from pathlib import Path

import numpy as np
import pytest

import qng
from qng.report.cite import of_levels
from tests.cli.test_commands import as_json, done, invoke


def test_both_levels_of_a_qubit(tmp_path: Path) -> None:
    """X + Z has the levels -sqrt(2) and sqrt(2)."""
    file = tmp_path / "levels.json"
    out = done("excited", "one-qubit", "--steps", 60, "--save", file)
    assert "levels by VQD" in out
    assert "reached by 2 of 2 state(s)" in out
    found = qng.load_run(file)
    assert found.energies == pytest.approx([-np.sqrt(2), np.sqrt(2)], abs=1e-5)
    assert "agrees" in done("repeat", file)
    assert [source.key for source in of_levels(found)][:2] == ["higgott2019", "stokes2020"]
    assert done("cite", "ssvqe").startswith("@article{nakanishi2019")
    table = done("export", file, "--format", "markdown")
    assert "| exact level | error | solved |" in table


def test_more_levels_are_gone_on_with(tmp_path: Path) -> None:
    file = tmp_path / "levels.json"
    words = ("excited", "one-qubit", "--steps", 20)
    first = as_json(*words, "-k", 1, "--save", file)
    both = as_json(*words, "-k", 2, "--save", file)
    at_once = as_json(*words, "-k", 2)
    assert len(first["states"]) == 1
    assert both["states"] == at_once["states"]
    assert both["nfev"] == at_once["nfev"] > first["nfev"]
    code, _, err = invoke(*words, "-k", 2, "--save", file, "--lr", 0.2)
    assert code == 2
    assert "another method" in err


def test_all_at_once_from_shots() -> None:
    words = ("--method", "ssvqe", "--weights", "3,1", "--references", "0,1", "--shots", 4000)
    found = as_json("excited", "one-qubit", *words, "--steps", 3, "--optimizer", "gd")
    assert found["weights"] == [3, 1]
    assert found["shots"] == pytest.approx(3 * 4000 + 2 * 4000, rel=0.05)
    assert all(state["std_error"] > 0 for state in found["states"])


def test_a_sector_by_name() -> None:
    """Both electrons with spin up, in two orbitals, are one determinant: its energy is a level."""
    found = as_json("excited", "h2", "-k", 1, "--within", "N=2,S2=2", "--steps", 0)
    triplet = qng.load("h2").observable.dense(4)[0b0101, 0b0101].real
    assert found["states"][0]["level"] == pytest.approx(triplet, abs=1e-9)
    assert "state 0 is not in the sector" in found["message"]
    assert found["outside"][0] > 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nope",), "nope"),
        (("logistic",), "a model"),
        (("one-qubit", "-k", "3"), "1 qubits have 2 states"),
        (("one-qubit", "--weights", "2,1"), "--weights is of ssvqe"),
        (("one-qubit", "--method", "ssvqe", "--beta", "1"), "--beta is of vqd"),
        (("one-qubit", "--beta", "x"), "--beta is a number"),
        (("one-qubit", "--beta", "-1"), "beta is a positive number"),
        (("one-qubit", "--within", "N=1"), "has no symmetries with names"),
        (("h2", "--within", "M=1"), "unknown symmetry 'M'"),
        (("h2", "--within", "N"), "--within is symmetries"),
        (("one-qubit", "--shots", "3"), "shots cannot serve"),
        (("one-qubit", "--optimizer", "gauss-newton"), "leave out the penalties"),
        (("one-qubit", "--save", "/nowhere/x.json"), "no folder"),
    ],
)
def test_what_makes_no_levels_is_refused(words, said: str) -> None:
    code, out, err = invoke("excited", *words)
    assert (code, out) == (2, "")
    assert said in err


def test_what_it_would_cost_is_what_it_costs() -> None:
    """But for the energies at the end, and a tenth that those of a run take."""
    words = ("excited", "lih", "-k", 2, "--steps", 2, "--shots", 20_000, "--optimizer", "gd")
    told = as_json(*words, "--estimate")
    assert [run["problem"] for run in told["runs"]] == ["lih", "lih, state 1"]
    found = as_json(*words, "--beta", 1)
    total = sum(run["shots"] for run in told["runs"])
    assert found["shots"] == pytest.approx(total + 2 * 20_000, rel=0.02)
    at_once = as_json(*words, "--method", "ssvqe", "--estimate")
    assert len(at_once["runs"]) == 1
    assert "lih, 2 levels" in done(*words, "--method", "ssvqe", "--estimate")
