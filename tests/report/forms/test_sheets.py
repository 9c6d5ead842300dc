"""Numbers by column: those of the runs, one row a step, a run or a method."""

import csv
import io
import json
import math
import sys

import numpy as np
import pytest

import qng
from qng.errors import InputError, MissingPackageError, UnknownNameError
from qng.report import forms
from qng.report.spent import spent
from qng.run.comparison import Comparison
from qng.run.several import Comparisons
from tests.report.pictures import comparison_of, decaying, run_of


@pytest.fixture(scope="module")
def found() -> Comparison:
    """Two methods from three starts, from shots."""
    return qng.compare("one-qubit", ["gd", "qng@0.2"], starts=3, steps=4, shots=3000, workers=1)


def read(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_a_row_a_step(found):
    rows = read(forms.csv_text(forms.sheet(found)))
    assert len(rows) == sum(len(run.trace) for runs in found.runs.values() for run in runs)
    row = next(r for r in rows if (r["method"], r["start"], r["step"]) == ("qng@0.2", "2", "3"))
    run = found.runs["qng@0.2"][2]
    assert float(row["energy"]) == run.trace["energy"][3]  # all digits
    assert float(row["std_error"]) == run.trace["std_error"][3]
    assert float(row["error"]) == run.judgement.errors[3]
    assert float(row["cost"]) == spent(run, "shots")[3] == run.trace["shots"][2]
    assert [float(row[f"theta_{k}"]) for k in range(2)] == run.trace["theta"][3].tolist()


def test_a_row_a_run(found):
    sheet = forms.sheet(found, "run", "steps")
    assert len(sheet) == 6
    runs = [run for runs in found.runs.values() for run in runs]
    assert sheet.columns["energy"] == [run.fun for run in runs]
    assert sheet.columns["steps"] == sheet.columns["cost"] == [run.nit for run in runs]
    assert sheet.columns["seed"] == [0] * 6
    assert sheet.columns["executor"] == ["statevector"] * 6
    assert sheet.columns["shots_per_step"] == [3000] * 6
    assert "theta_0" not in forms.sheet(found, "run", points=False).columns


def test_a_row_a_method():
    fast = comparison_of({"gd": [decaying("gd", 0.1)] * 4, "qng": [decaying("qng", 1)] * 4})
    columns = forms.sheet(fast, "method").columns
    assert columns["solved"] == [0, 4]
    assert columns["error"] == pytest.approx([math.exp(-2), math.exp(-20)])
    assert columns["share_lower"][1] == pytest.approx(4 / (4 + 1.959963984540054**2))


def test_starts_keep_their_numbers_where_runs_are_missing(found):
    starts = found.starts
    part = Comparison(found.goal, {"gd": found.runs["gd"][1:]}, starts, found.steps)
    assert forms.sheet(part, "run").columns["start"] == [1, 2]


def test_several_problems_are_told_apart():
    one = comparison_of({"gd": [run_of("gd", [1.0, 0.5])]})
    sheet = forms.sheet(Comparisons({"a": one, "b": one}))
    assert len(sheet) == 4
    assert set(sheet.about["problems"]) == {"a", "b"}


def test_what_is_missing_is_empty():
    failed = run_of("gd", [1.0, math.nan], failed=True)
    rows = read(forms.csv_text(forms.sheet(failed)))
    assert [row["energy"] for row in rows] == ["1.0", ""]
    assert rows[0]["std_error"] == ""


def test_metrics_and_steps():
    metric = qng.metric("qng-demo", None, "blocks", shots=2000)
    rows = read(forms.csv_text(forms.sheet(metric)))
    assert np.array([float(r["value"]) for r in rows]).reshape(4, 4).tolist() == (
        metric.dense().tolist()
    )
    assert [r["computed"] for r in rows[:3]] == ["True", "True", "False"]
    reports = qng.compare_steps("one-qubit", methods=["gd", "qng"])
    columns = forms.sheet(reports).columns
    assert columns["method"] == ["gd", "qng"]
    assert columns["step_1"] == [report.step[1] for report in reports]


@pytest.mark.parametrize(
    ("value", "options", "words"),
    [
        (1, {}, "this is a int"),
        (qng.metric("one-qubit"), {"each": "run"}, "is for runs and comparisons"),
        (qng.metric("one-qubit"), {"against": "shots"}, "is for runs and comparisons"),
        (qng.compare_steps("one-qubit"), {"each": "run"}, "this is step reports"),
    ],
)
def test_what_has_no_such_rows(value, options, words):
    with pytest.raises(InputError, match=words):
        forms.sheet(value, **options)


def test_unknown_rows(found):
    with pytest.raises(UnknownNameError, match="did you mean step"):
        found.to_dataframe("steps")


def test_a_missing_package_is_one_line(found, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(
        MissingPackageError, match=r"a data frame needs the package pandas: .*export"
    ):
        found.to_dataframe()


def test_everything_as_plain_data(found):
    told = json.loads(json.dumps(forms.data(found), allow_nan=False))
    made = told["made"]["qng@0.2"]
    assert made["executor"] == "statevector"
    assert made["shots"] == 3000
    assert made["method"]["search"]["lr"] == 0.2
    assert made["problem"]["observable"]
    assert "OPENQASM" in made["problem"]["circuits"][0]["openqasm"]
