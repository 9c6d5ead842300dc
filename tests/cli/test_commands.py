"""Every command: what it prints, as a table and as JSON, and what it saves."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from qng.cli import COMMANDS, application
from qng.problem.library import library, load
from qng.report.tables import LARGEST_PRINTED
from qng.run.starts import draw_starts

SMALL = "one-qubit"


def invoke(*args):
    """(exit code, stdout, stderr)."""
    words = [str(arg) for arg in args]
    result = CliRunner().invoke(application(words), words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def done(*args):
    """stdout of a command that must succeed in silence."""
    code, out, err = invoke(*args)
    assert (code, err) == (0, "")
    return out


def as_json(*args):
    """The JSON object on stdout, which holds nothing else."""

    def refuse(constant):
        raise ValueError(constant)

    return json.loads(done(*args, "--json"), parse_constant=refuse)


@pytest.fixture
def point():
    """A point of SMALL that is not its start."""
    return load(SMALL).initial + 0.1


def written(theta):
    return ",".join(map(repr, map(float, theta)))


def test_help_lists_every_command():
    out = done("--help")
    assert all(name in out for name in COMMANDS)
    assert "2 bad input" in out


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command(name):
    """Of a command that is made alone, as it is where all are made."""
    out = done(name, "--help")
    assert "--json" in out
    assert "Exit codes" in out
    assert out == CliRunner().invoke(application(), [name, "--help"]).stdout


def test_a_word_that_is_no_command_is_told_what_is_like_it():
    code, out, err = invoke("statu")
    assert (code, out) == (2, "")
    assert "status" in err


def test_version():
    from qng import __version__

    assert done("--version") == f"qng {__version__}\n"


def test_circuits():
    out = done("circuits")
    assert all(name in out for name in library())
    assert not any(line != line.rstrip() for line in out.splitlines())


def test_circuits_as_json():
    rows = {row["name"]: row for row in as_json("circuits")["circuits"]}
    assert list(rows) == library()
    small = load(SMALL)
    assert rows[SMALL]["parameters"] == small.circuit.n_parameters
    assert rows[SMALL]["reference"]["energy"] == small.reference_energy().energy


def test_circuits_in_detail():
    out = done("circuits", SMALL)
    assert load(SMALL).title in out
    data = as_json("circuits", SMALL)
    assert data["parameter_names"] == list(load(SMALL).circuit.parameters)
    assert data["start"] == load(SMALL).initial.tolist()


def test_run():
    out = done("run", SMALL, "--steps", 30, "--trace", 5)
    assert f"{SMALL}: qng" in out
    assert "all 30 steps done" in out
    table = out.split("\n\n")[1].splitlines()
    assert [line.split()[0] for line in table[2:]] == ["0", "8", "15", "22", "30"]


def test_run_without_trace():
    assert "|grad|" not in done("run", SMALL, "--steps", 3, "--trace", 0)


def test_run_as_json(point):
    data = as_json("run", SMALL, "--optimizer", "adam", "--lr", 0.3, "--steps", 4,
                   "--start", written(point))  # fmt: skip
    assert (data["method"], data["lr"], data["nit"]) == ("adam", 0.3, 4)
    assert data["trace"]["theta"][0] == point.tolist()
    assert data["trace"]["gradient_norm"][-1] is None


def test_run_with_every_option(place):
    names = load("qng-demo").circuit.parameters
    data = as_json("run", "qng-demo", "--lr", 0.05, "--damping", 0.01, "--metric", "blocks",
                   "--gradient", "parameter-shift", "--every", 2, "--steps", 3, "--seed", 1,
                   "--tol", 0, "--freeze", names[0], "--executor", "statevector",
                   "--plot", "a.pdf")  # fmt: skip
    assert data["trace"]["damping"][:3] == [0.01] * 3
    assert data["x"][0] == load("qng-demo").initial[0]
    assert (place / "a.pdf").stat().st_size > 1000


def test_run_trains_only_what_it_is_told():
    names = load("qng-demo").circuit.parameters
    data = as_json("run", "qng-demo", "--train", f"{names[1]}, {names[2]}", "--steps", 2)
    moved = np.flatnonzero(np.array(data["x"]) != load("qng-demo").initial)
    assert moved.tolist() == [1, 2]


def test_run_that_meets_tol():
    assert "converged" in done("run", SMALL, "--tol", "1e-3", "--steps", 200)


def test_run_that_does_not_meet_tol_is_no_failure():
    out = done("run", SMALL, "--tol", "1e-30", "--steps", 2)
    assert "tol was not met" in out
    assert as_json("run", SMALL, "--tol", "1e-30", "--steps", 2)["success"] is False


def test_a_random_start_is_the_second_of_a_comparison():
    data = as_json("run", SMALL, "--start", "random", "--seed", 5, "--steps", 0)
    assert data["x"] == draw_starts(load(SMALL), 2, 5)[1].tolist()


@pytest.mark.parametrize("form", ["{}", "[{}]", '{{"x": [{}]}}'])
def test_a_start_from_a_file(place, point, form):
    (place / "start.txt").write_text(form.format(written(point)))
    assert as_json("run", SMALL, "--start", "start.txt", "--steps", 0)["x"] == point.tolist()


def test_a_run_continues_another(place):
    (place / "first.json").write_text(done("run", SMALL, "--steps", 4, "--json"))
    second = as_json("run", SMALL, "--steps", 4, "--start", "first.json")
    whole = as_json("run", SMALL, "--steps", 8)
    assert second["x"] == pytest.approx(whole["x"], abs=1e-12)


def test_a_negative_start_is_not_an_option(point):
    text = written(-np.abs(point))
    assert as_json("run", SMALL, "--start", text, "--steps", 0)["x"] == list(-np.abs(point))


def test_compare_is_a_table_and_a_picture(place):
    out = done("compare", SMALL, "--starts", 3, "--steps", 20, "--workers", 1)
    for word in (
        "gd",
        "adam",
        "qng",
        "3 starts",
        "lr_ng = 4 lr_qng",
        "solved: within the accuracy",
    ):
        assert word in out
    assert out.endswith(f"saved compare-{SMALL}.png, and its numbers in compare-{SMALL}.json\n")
    assert (place / f"compare-{SMALL}.png").read_bytes().startswith(b"\x89PNG")


def test_steps_up_are_reported_with_a_remedy():
    """A long step as published; by default none ends above its start."""
    args = ("--steps", 1, "--lr", 6, "--trust", "inf")
    advice = "above its start: lower lr, which is 6, or give trust=0.1"
    assert advice in " ".join(done("run", "one-qubit", *args).split())
    args = ("compare", "one-qubit", "--methods", "qng", "--starts", 1, "--workers", 1, "--no-plot")
    args = (*args, "--steps", 1, "--lr", "qng=6")
    out = " ".join(done(*args, "--trust", "inf").split())
    assert "rose: 1 of 1 runs of qng" in out
    assert advice in out
    out = " ".join(done(*args).split())
    assert "rose" not in out
    assert "lr of qng: the first one" in out


def test_compare_as_json_saves_nothing_unasked(place):
    data = as_json("compare", SMALL, "--methods", "gd,qng", "--starts", 2, "--steps", 5,
                   "--lr", "qng=0.2", "--spread", 0.1, "--seed", 3, "--workers", 1)  # fmt: skip
    assert list(data["methods"]) == ["gd", "qng"]
    assert data["methods"]["qng"]["lr"] == 0.2
    assert np.ptp(data["starts"], axis=0).max() <= 0.1
    assert len(data["methods"]["gd"]["runs"]) == 2
    assert not list(place.iterdir())


def test_compare_to_a_named_picture_or_none(place):
    args = ("compare", SMALL, "--methods", "gd", "--starts", 1, "--steps", 2, "--workers", 1)
    done(*args, "--plot", "a.svg")
    assert "<svg" in (place / "a.svg").read_text()
    (place / "a.svg").unlink()
    (place / "a.json").unlink()
    assert "saved" not in done(*args, "--no-plot")
    assert not list(place.iterdir())


def test_the_error_of_single_precision(place):
    data = as_json("metric", "h2", "--executor", "statevector:single", "--theta", "random")
    assert 0 < data["single_precision_error"] < 1e-6
    assert "single precision: g v is off by" in done(
        "metric", "h2", "--executor", "statevector:single"
    )
    assert "single_precision_error" not in as_json("metric", "h2")
    # A phase of a basis state: the metric is zero.
    (place / "circuit.qasm").write_text(
        'OPENQASM 3.0; include "stdgates.inc"; input float a; qubit q; rz(a) q;'
    )
    (place / "problem.toml").write_text('start = [0.5]\n[observable]\n"Z0" = 1.0\n')
    still = as_json("metric", str(place), "--executor", "statevector:single")
    assert max(still["matrix"][0][0], still["single_precision_error"]) < 1e-6


def test_steps(place, point):
    out = done("steps", SMALL, "--plot", "steps.png")
    assert "angle to" in out
    assert (place / "steps.png").exists()
    data = as_json("steps", SMALL, "--theta", written(point), "--methods", "gd,qng",
                   "--lr", "gd=0.5")  # fmt: skip
    assert [row["method"] for row in data["steps"]] == ["gd", "qng"]
    assert data["steps"][0]["eta"] == 0.5
    assert data["theta"] == point.tolist()


def test_adam(place):
    out = done("adam", SMALL, "--steps", "5", "--every", "2", "--plot", "adam.png")
    assert "vhat / I" in out
    assert (place / "adam.png").stat().st_size > 1000
    data = as_json("adam", SMALL, "--steps", "3", "--lr", "0.2", "--beta2", "0.5")
    assert [row["step"] for row in data["rows"]] == [0, 1, 2]
    assert (data["beta2"], data["empirical"]) == (0.5, None)


def test_metric(place):
    out = done("metric", "qng-demo", "--metric", "blocks", "--rule", "wires", "--plot", "g.png")
    rows = [line.split() for line in out.splitlines()]
    names = load("qng-demo").circuit.parameters
    matrix = [row for row in rows if row and row[0] in names and len(row) == len(names) + 1]
    assert len(matrix) == len(names)
    assert any(cell == "." for cell in matrix[0])
    assert "saved g.png" in out


def test_metric_as_json():
    data = as_json("metric", "qng-demo", "--metric", "fisher", "--basis", "X")
    matrix = np.array(data["matrix"])
    assert np.allclose(matrix, matrix.T)
    assert (data["metric"], data["basis"]) == ("fisher", "X")


def test_a_large_metric_is_summarised():
    large = next(name for name in library() if load(name).circuit.n_parameters > LARGEST_PRINTED)
    out = done("metric", large, "--metric", "diagonal")
    assert "eigenvalues" in out
    assert max(map(len, out.splitlines())) < 200
