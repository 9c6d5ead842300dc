"""`qng cite`: what is cited for files, runs of a ledger, methods and problems."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import qng
from qng.cli import application
from qng.reproduce.found import entries
from qng.run.codec import dumps
from qng.run.made import metric_result, steps_result
from qng.run.results import Run
from tests.bibtex import read


def cite(*words: str) -> str:
    """What the command prints; it must succeed."""
    result = CliRunner().invoke(application(["cite"]), ["cite", *words])
    assert result.exit_code == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def run() -> Run:
    return qng.minimize("textbook-2", "momentum-qng", steps=2)


def test_a_saved_run(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text(dumps(run))
    entries = read(cite(str(file)))
    assert list(entries) == [
        "borysenko2024",
        "stokes2020",
        "problem-textbook-2",
        "qng",
        "numpy",
        "scipy",
    ]
    assert entries["numpy"]["note"] == f"version {run.made.versions['numpy']}"


def test_a_saved_comparison_names_every_method_once(tmp_path: Path) -> None:
    file = tmp_path / "all.json"
    file.write_text(dumps(qng.compare("textbook-2", ["adam", "qng"], starts=2, steps=2)))
    assert list(read(cite(str(file))))[:3] == ["kingma2014", "stokes2020", "problem-textbook-2"]


def test_values_at_a_point_and_evolutions(tmp_path: Path) -> None:
    file = tmp_path / "it.json"
    metric_result("textbook-2", None, "fisher").save(file)
    assert list(read(cite(str(file))))[:3] == ["amari1998", "problem-textbook-2", "qng"]
    steps_result("textbook-2", None, ["adam", "qng"]).save(file)
    assert list(read(cite(str(file))))[:3] == ["kingma2014", "stokes2020", "problem-textbook-2"]
    qng.evolve("textbook-2", 0.1).save(file)
    entries = read(cite(str(file)))
    assert list(entries)[:3] == ["yuan2019", "stokes2020", "problem-textbook-2"]
    qng.save_result(qng.adam_report("logistic"), file)
    assert next(iter(read(cite(str(file))))) == "kingma2014"


def test_a_run_of_a_ledger(tmp_path: Path) -> None:
    ledger = tmp_path / "runs.db"
    qng.minimize("textbook-2", "adam", steps=2, ledger=ledger)
    (known,) = qng.runs(ledger)
    assert "kingma2014" in read(cite(known.run[:8], "--ledger", str(ledger)))


def test_methods_and_problems_by_name() -> None:
    assert "fitzek2024" in read(cite("qbang"))
    assert {"problem-tfim-8", "wierichs2020"} <= set(read(cite("tfim-8")))
    data = json.loads(cite("qng", "--json"))
    assert data["sources"][0]["key"] == "stokes2020"
    assert data["sources"][0]["text"].startswith("Stokes, Izaac")


def test_what_is_nothing_is_said_in_a_line(tmp_path: Path) -> None:
    image = tmp_path / "x.png"
    image.write_bytes(b"\x89PNG\r\n")
    other = tmp_path / "y.json"
    other.write_text('{"a": 1}')
    for word, why in [
        ("nosuch", "no such file"),
        (str(image), "no text"),
        (str(other), "'format'"),
    ]:
        result = CliRunner().invoke(
            application(), ["cite", word, "--ledger", str(tmp_path / "none.db")]
        )
        assert result.exit_code == 2
        assert why in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_a_name_that_is_nearly_one_is_asked_for() -> None:
    result = CliRunner().invoke(application(), ["cite", "P02", "--ledger", "none.db"])
    assert result.exit_code == 2
    assert "unknown result, entry, method or problem 'P02'; did you mean P2" in result.stderr


def test_a_published_experiment_has_its_own_source_and_those_of_what_it_runs() -> None:
    entry = entries().entries["P3"]
    keys = list(read(cite("p3")))
    assert keys[0] == entry.source.key
    assert keys[-3:] == ["qng", "numpy", "scipy"]
    assert "stokes2020" in keys


def test_a_scan_of_a_molecule_is_one_molecule(tmp_path: Path) -> None:
    molecule = replace(
        qng.load("textbook-2"), title="H2", source="Hartree-Fock by PySCF, uccsd from CCSD"
    )
    curve = qng.scan(lambda _: molecule, [0.5, 1.0], steps=1)
    curve.save(tmp_path / "h2.scan")
    entries = read(cite(str(tmp_path / "h2.scan")))
    assert list(entries) == ["stokes2020", "problem-value-0-5", "pyscf", "qng", "numpy", "scipy"]
    assert entries["pyscf"]["doi"] == "10.1063/5.0006074"
