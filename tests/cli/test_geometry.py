"""`qng geometry`: what it prints, draws and refuses."""

import numpy as np
import pytest

import qng
from tests.cli.test_commands import as_json, done, invoke

QUICK = ("--samples", 2, "--pairs", 750)


def test_it_says_what_an_ansatz_is_like(tmp_path):
    picture = tmp_path / "geometry.svg"
    out = done("geometry", "one-qubit", *QUICK, "--depths", "1,2", "--plot", picture)
    for name in ("rank at random points", "redundancy", "Berry curvature", "expressibility"):
        assert name in out
    assert "2 of 2" in out
    assert "random-cx" in out
    assert "rank against depth" in picture.read_text()


def test_all_of_it_is_data(tmp_path):
    kept = tmp_path / "run.json"
    qng.minimize("textbook-2", "qng", steps=3).save(kept)
    found = as_json(
        "geometry", "textbook-2", *QUICK, "--depths", "1-2,4", "--family", "random-cx,ry-cz",
        "--over", "x0,x1", "--to", "random", "--run", kept,
    )  # fmt: skip
    assert found["depths"]["random-cx"]["depths"] == [1, 2, 4]
    assert found["map"]["closed"]
    assert found["map"]["chern"] == 0
    assert found["geodesic"]["distance"] <= found["geodesic"]["length"] + 1e-9
    assert len(found["path"]["chords"]) == 3
    assert np.shape(found["here"]["eigenvalues"]) == (1, len(found["theta"]))


def test_a_model_has_a_spectrum_and_an_effective_dimension():
    found = as_json("geometry", "logistic", *QUICK)
    assert found["qubits"] is None
    assert found["here"]["ranks"] == [3]
    assert found["effective_dimension"]["value"][0] <= 3
    assert "expressibility" not in found


def test_a_model_has_no_depth_and_no_curvature():
    for words in (("--depths", "1"), ("--over", "a,b")):
        code, out, err = invoke("geometry", "logistic", *words)
        assert (code, out) == (2, "")
        assert "logistic is a model" in err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--depths", "a"), "1,2,4 or 1-12"),
        (("--depths", "3,1"), "ascending"),
        (("--depths", "1", "--family", "nope"), "nope"),
        (("--over", "t0"), "two parameters"),
        (("--over", "t0,x9"), "x9"),
        (("--to", "1"), "2 parameter"),
        (("--run", "nowhere.json"), "nowhere.json"),
        (("--pairs", "10"), "750 pairs"),
    ],
)
def test_what_it_cannot_show_is_refused(options, said):
    code, out, err = invoke("geometry", "one-qubit", *QUICK, *options)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
