"""A diagnosis as tables, data, HTML and a picture."""

import json

import pytest

import qng
from qng.errors import InputError
from qng.report.diagnosis import diagnosis_data, evidence_lines, verdict_lines
from qng.report.forms.sheets import sheet
from qng.report.forms.tabulated import tables
from tests.faults import case
from tests.report.test_notebook import Seen


def test_the_first_number_comes_first():
    found = qng.diagnose("one-qubit", [0.3, 0.8], shots=100_000)
    (name, said), *_ = verdict_lines(found)
    assert name == "grad . g^-1 . grad"
    assert "(" in said
    assert "damped" in said
    assert any(name == "not decided" for name, _ in verdict_lines(found))


def test_evidence_of_what_is_known_only():
    names = [name for name, _ in evidence_lines(qng.diagnose("logistic").evidence)]
    assert "energy" in names
    assert "<H^2> - <H>^2" not in names


def test_it_is_data():
    one = case("saddle", 1)
    data = json.loads(json.dumps(diagnosis_data(qng.diagnose(one.target, one.theta))))
    assert data["verdict"] == "saddle"
    assert len(data["escape"]) == 5
    assert "PROBLEM" in data["change"]


def test_a_notebook_shows_verdict_and_picture():
    found = qng.diagnose("one-qubit", [0.3, 0.8])
    page = Seen(found._repr_html_())
    assert "still descending" in page.text
    assert "findings and their rules" in page.text
    assert len(page.images) == 1
    assert repr(found).startswith("Diagnosis('one-qubit', 'descending', slope=")


def test_the_picture_has_a_panel_for_each_part():
    one = case("local minimum", 1)
    picture = qng.diagnose(one.target, one.theta).plot()
    assert [panel.title for panel in picture.panels] == [
        "gradient",
        "metric",
        "Hessian",
        "energies",
    ]


def test_it_is_columns_and_tables():
    found = qng.diagnose("one-qubit", [0.3, 0.8], shots=100_000)
    e = found.evidence
    rows = sheet(found).columns
    values = dict(zip(zip(rows["quantity"], rows["of"]), zip(rows["value"], rows["std_error"])))
    assert next(iter(values)) == ("slope", "")
    assert values["slope", ""] == (e.slope.value, e.slope.std_error)
    assert values["gradient", "t0"] == (e.gradient[0], e.gradient_error[0])
    verdict, evidence, findings = tables(found)
    assert verdict.rows[0][0].text == "grad . g^-1 . grad"
    assert len(findings.rows) == len(found.findings)
    assert "above the reference" in found.to_markdown()
    assert found.to_latex().count(r"\begin{table}") == 3
    assert evidence.title == "Evidence"


def test_what_is_made_again_is_a_diagnosis():
    with pytest.raises(InputError, match="qng diagnose, of its run or its problem"):
        qng.repeat(qng.diagnose("one-qubit", starts=0))
