"""Wrong words on the command line: the documented exit code, and one line that is no Python."""

import pytest

from tests.cli.test_errors import SMALL, invoke

COMMANDS = ("run", "compare", "steps", "metric", "estimate")

LINES = {
    "run": [
        ["--optimizer", "QNG"],
        ["--optimizer", ""],
        ["--optimizer", "Rotosolve"],
        ["--lr", "0"],
        ["--lr", "-1"],
        ["--lr", "nan"],
        ["--lr", "inf"],
        ["--damping", "-1"],
        ["--damping", "nan"],
        ["--optimizer", "gd", "--damping", "0.1"],
        ["--optimizer", "gd", "--metric", "blocks"],
        ["--optimizer", "cobyla", "--gradient", "exact"],
        ["--optimizer", "rotosolve", "--lr", "1"],
        ["--metric", "EXACT"],
        ["--metric", "nothing"],
        ["--metric", "hessian5"],
        ["--gradient", "Exact"],
        ["--gradient", "x"],
        ["--every", "0"],
        ["--every", "-3"],
        ["--tol", "-1"],
        ["--tol", "nan"],
        ["--steps", "99999999999999999999"],
        ["--start", "1,2,3"],
        ["--start", "nan,1"],
        ["--start", "1e999,0"],
        ["--start", "a,b"],
        ["--start", "/"],
        ["--start", "/no/such/file"],
        ["--start", "[1, 2"],
        ["--dask", "nowhere"],
        ["--trace", "3", "--plot", "x.bmp"],
    ],
    "compare": [
        ["--methods", ",,"],
        ["--methods", "gd,GD"],
        ["--methods", "gd qng"],
        ["--methods", "gd;qng"],
        ["--lr", "gd=0"],
        ["--lr", "gd=-1"],
        ["--lr", "gd:0.1"],
        ["--lr", "=0.1"],
        ["--lr", "GD=0.1"],
        ["--methods", "gd", "--damping", "1"],
        ["--damping", "-1"],
        ["--spread", "nan"],
        ["--spread", "-1"],
        ["--spread", "1e9"],
        ["--starts", "99999999999"],
        ["--tol", "-1"],
        ["--workers", "2", "--dask", "tcp://127.0.0.1:1"],
        ["--dask", "127.0.0.1"],
    ],
    "steps": [
        ["--methods", "rotosolve"],
        ["--methods", "cobyla,qng"],
        ["--methods", "gd,gd"],
        ["--lr", "qng=0"],
        ["--damping", "nan"],
        ["--theta", "1"],
        ["--theta", "1,2,3"],
        ["--start", "nan,nan"],
    ],
    "metric": [
        ["--metric", "EXACT"],
        ["--metric", "fisher", "--basis", "Q"],
        ["--metric", "fisher", "--basis", "Z99999999999"],
        ["--metric", "fisher", "--basis", "Z7"],
        ["--metric", "fisher", "--basis", ""],
        ["--metric", "blocks", "--rule", "WIRES"],
        ["--metric", "exact", "--rule", "wires"],
        ["--metric", "exact", "--shots", "100"],
        ["--metric", "hessian"],
        ["--theta", "0.1"],
        ["--shots", "1"],
    ],
    "estimate": [
        ["--optimizer", "cobyla"],
        ["--optimizer", "l-bfgs-b"],
        ["--optimizer", "qgn"],
        ["--metric", "x"],
        ["--shots", "1"],
        ["--every", "0"],
        ["--damping", "-1"],
        ["--start", "1"],
    ],
}

SHARED = [
    ["--freeze", "zz"],
    ["--train", "zz"],
    ["--freeze", "T0"],
    ["--train", "t0", "--freeze", "t1"],
    ["--freeze", "t0,t0"],
    ["--executor", "AER"],
    ["--executor", ""],
    ["--executor", "aer:nothing"],
    ["--executor", "generic:"],
    ["--executor", "generic:1", "--shots", "100"],
    ["--executor", "generic:99999", "--shots", "100"],
    ["--executor", "pennylane:nothing"],
    ["--executor", "fake_nothing"],
    ["--shots", "1", "--executor", "aer", "--seed", "1"],
    ["--mitigate", "10"],
    ["--mitigate", "10", "--executor", "pennylane:default.qubit", "--shots", "1000"],
]

ROWS = [(command, words) for command, lines in LINES.items() for words in lines]
ROWS += [(command, words) for command in COMMANDS for words in SHARED]


@pytest.mark.parametrize(("command", "words"), ROWS)
def test_one_line_that_is_no_python(command, words):
    code, out, err = invoke(command, SMALL, *words, *(["--no-plot"] * (command == "compare")))
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    for word in ("Traceback", "__init__", "TypeError", "shots=", "executor=", "lr=", "qng."):
        assert word not in err.replace("qng.execute", "")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "words",
    [
        ["--seed", "-1"],
        ["--seed", "1.5"],
        ["--shots", "0"],
        ["--shots", "many"],
        ["--mitigate", "-1"],
        ["--nothing"],
    ],
)
def test_wrong_usage_is_told_by_the_parser(command, words):
    code, out, err = invoke(command, SMALL, *words)
    assert (code, out) == (2, "")
    # Shots of a comparison may be given by method, which the parser does not know.
    ours = command == "compare" and words[0] == "--shots"
    assert ("error: " if ours else "Error: ") in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ["H2", "h3", "", "/", "/dev/null", "/no/such", "a/b", "x\ny"])
def test_problems_that_are_none(command, name):
    code, out, err = invoke(command, name)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1


TOML = {
    "not toml": ("x = [", "is not TOML"),
    "a far qubit": ("[observable]\nZ99999999999 = 1.0", "a qubit is a whole number from 0 to 9999"),
    "no number": ('[observable]\nZ0 = "1"', "must be a number"),
    "nan": ("[observable]\nZ0 = nan", "must be finite"),
    "two axes": ("start = [[0.1]]\n[observable]\nZ0 = 1.0", "start has the shape"),
    "a long start": ("start = [1, 2]\n[observable]\nZ0 = 1.0", "start has 2 value"),
    "a start of text": ('start = ["a"]\n[observable]\nZ0 = 1.0', "start must be real numbers"),
    "accuracy": ("accuracy = -1\n[observable]\nZ0 = 1.0", "accuracy must be a positive number"),
    "frozen": ("frozen = [1]\n[observable]\nZ0 = 1.0", "unknown parameter"),
    "a key": ("titel = 1\n[observable]\nZ0 = 1.0", "did you mean title"),
    "no observable": ("title = 'x'", "observable"),
}


@pytest.mark.parametrize("what", TOML)
def test_files_of_a_problem(what, tmp_path):
    text, message = TOML[what]
    (tmp_path / "circuit.qasm").write_text(
        "OPENQASM 3.0;\ninclude 'stdgates.inc';\ninput float[64] a;\nqubit q;\nrx(a) q;\n"
    )
    (tmp_path / "problem.toml").write_text(text)
    code, out, err = invoke("run", tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err
