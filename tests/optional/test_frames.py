"""Data frames of pandas and Parquet: the numbers of the runs, with their types."""

import sys
from pathlib import Path

import numpy as np
import pytest

import qng
from qng.errors import MissingPackageError
from qng.report import forms
from qng.run.several import Comparisons
from tests.report.pictures import comparison_of, run_of

pd = pytest.importorskip("pandas")


@pytest.fixture(scope="module")
def found():
    """Two methods from three starts."""
    return qng.compare("one-qubit", ["gd", "qng"], starts=3, steps=4, shots=3000, workers=1)


def test_long_form(found):
    frame = found.to_dataframe()
    assert len(frame) == sum(len(r.trace) for runs in found.runs.values() for r in runs)
    last = frame.groupby(["method", "start"])["energy"].last().unstack()
    for method, runs in found.runs.items():
        assert last.loc[method].tolist() == [run.fun for run in runs]
    assert frame["step"].dtype == np.int64
    assert frame["accepted"].dtype == bool
    assert frame.attrs["problems"]["one-qubit"]["parameters"] == ["t0", "t1"]
    run = found.runs["qng"][1]
    own = run.to_dataframe()
    assert np.array_equal(own[["theta_0", "theta_1"]], run.trace["theta"])
    assert own["cost"].tolist() == [0, *run.trace["shots"][:-1]]


def test_a_seed_may_be_larger_than_a_column_of_numbers_holds():
    run = qng.minimize("one-qubit", "gd", steps=1, seed=2**200)
    frame = forms.frame(run, "run")
    assert frame["seed"].tolist() == [str(2**200)]


def test_whole_numbers_may_be_missing(found):
    frame = comparison_of({"gd": [run_of("gd", [1.0, 0.5])] * 2}).to_dataframe("run")
    assert frame["steps_to_accuracy"].isna().all()
    some = comparison_of({"gd": [run_of("gd", [1.0, 0.5]), run_of("gd", [1.0, 0.0])]})
    column = some.to_dataframe("run")["steps_to_accuracy"]
    assert str(column.dtype) == "Int64"
    assert column.isna().tolist() == [True, False]


def test_problems_of_different_size():
    several = qng.compare(["one-qubit", "qng-demo"], ["gd"], starts=1, steps=2, workers=1)
    frame = several.to_dataframe()
    assert frame.groupby("problem")["theta_3"].count().to_dict() == {"one-qubit": 0, "qng-demo": 3}


def test_an_evolution():
    found = qng.evolve("one-qubit", 0.2)
    frame = found.to_dataframe()
    assert frame["energy"].tolist() == found.energies.tolist()
    assert frame["exact energy"].tolist() == found.exact.energies.tolist()


def test_parquet_needs_a_package(found, tmp_path: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingPackageError, match=r"Parquet needs the package pyarrow: .*export"):
        forms.save_parquet(forms.sheet(found), tmp_path / "x.parquet")
    assert not list(tmp_path.iterdir())


def test_parquet(found, tmp_path: Path):
    pytest.importorskip("pyarrow")
    for name, value in {
        "comparison": found,
        "several": Comparisons({"a": found}),
        "run": found.runs["gd"][0],
        "metric": qng.metric("qng-demo", None, "blocks", shots=2000),
        "steps": qng.compare_steps("one-qubit", methods=["gd", "qng"]),
    }.items():
        file = tmp_path / f"{name}.parquet"
        sheet = forms.sheet(value)
        forms.save_parquet(sheet, file)
        back = pd.read_parquet(file)
        pd.testing.assert_frame_equal(back, forms.frame(value))
        assert back.attrs == sheet.about
