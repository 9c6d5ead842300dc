"""`qng molecule` and `qng scan` where nothing has to be solved: integrals of a file, refusals."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import qng
from qng.cli import application
from tests.problem.molecule import electrons


def invoke(*args) -> tuple[int, str, str]:
    words = [str(arg) for arg in args]
    result = CliRunner().invoke(application(words), words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_a_file_of_integrals_becomes_a_folder(place: Path) -> None:
    code, out, err = invoke("molecule", "--fcidump", electrons.H4, "--taper", "-o", "h4")
    assert (code, err) == (0, "")
    lines = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert lines["FCI"].startswith(f"{electrons.H4_FCI:.8f}"[:-1])
    assert lines["Hartree-Fock"].startswith(f"{electrons.H4_HF:.8f}"[:-1])
    assert lines["CCSD"].startswith(f"{electrons.H4_CCSD:.8f}"[:-1])
    assert lines["qubits"] == "6 (8 spin orbitals, 2 left out by symmetry: those of spin)"
    assert lines["parameters"].startswith("14, in ")
    assert lines["saved"] == "h4; next: qng run h4"
    problem = qng.load("./h4")
    assert problem.name == "h4"
    assert problem.reference is not None
    assert problem.reference.energy == pytest.approx(electrons.H4_FCI, abs=1e-8)
    run = qng.minimize(problem, steps=5)
    assert electrons.H4_FCI < run.fun < electrons.H4_FCI + 1.6e-3
    code, out, err = invoke("molecule", "--fcidump", electrons.H4, "-o", "h4")
    assert (code, out) == (2, "")
    assert err == "error: h4/circuit.qasm exists; give another folder, or --overwrite\n"
    words = ["--active", "2,3", "--ansatz", "k-upccgsd", "-o", "h4", "--overwrite", "--json"]
    code, out, _ = invoke("molecule", "--fcidump", electrons.H4, *words)
    data = json.loads(out)
    assert (code, data["qubits"], data["electrons"], data["folder"]) == (0, 6, [1, 1], "h4")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "error: give atoms, as 'N 0 0 0; N 0 0 1.1' or the name of an XYZ file, or"),
        (["H 0 0 0; H 0 0 1", "--fcidump", electrons.H4], "error: give atoms, as"),
        (["--fcidump", __file__], "is no FCIDUMP file: it does not begin with &FCI"),
        (["--fcidump", electrons.H4, "--charge", 1], "integrals are given, which settle charge"),
        (["--fcidump", electrons.H4, "--scf", "dhf"], "which settle --scf: leave it out"),
        (["--fcidump", electrons.H4, "--active", "2"], "--active is the number of electrons and"),
        (
            ["--fcidump", electrons.H4, "--active", "0,2"],
            "the number of electrons in --active must",
        ),
        (["--fcidump", electrons.H4, "--active", "3,2"], "an even number is active, not 3"),
        (["H 0 0 0", "--scf", "dhf"], "give --spin 1, one unpaired electron"),
        (["H 0 0 0; H 0 0 1", "--spin", 2, "--scf", "dhf"], "give --scf pyscf"),
        (
            ["H 0 0 0; H 0 0 1", "--frozen-core", "--active", "2,2"],
            "--frozen-core and --active are",
        ),
        (["H 0 0 0; H 0 0 1", "--ansatz", "ucc"], "unknown ansatz 'ucc'; did you mean uccsd"),
    ],
)
def test_what_is_not_possible_is_one_line(words: list, message: str, place: Path) -> None:
    code, out, err = invoke("molecule", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_scans_that_are_not_possible(place: Path) -> None:
    for words, message in (
        (["H 0 0 0; H 0 0 1", "--range", "1:2:3"], "the atoms of a scan have {r} for the coordin"),
        (["H 0 0 0; H 0 0 {r}", "--range", "1:2"], "values are given as 0.9:2.0:12"),
        (["H 0 0 0; H 0 0 {r}", "--range", "1:2:3", "--method", "qgn"], "unknown method 'qgn'"),
        (["H 0 0 0; H 0 0 {r}", "--range", "1:2:3", "--save", "no/x"], "there is no folder no"),
    ):
        code, out, err = invoke("scan", *words)
        assert (code, out) == (2, "")
        assert message in err
