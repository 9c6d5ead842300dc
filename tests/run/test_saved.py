"""What was saved is read as it was, to the bit; what is no result is refused in one line."""

import copy
import gzip
import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qng
from qng.errors import InputError, QngError
from qng.optimize.optimizer import Optimizer
from qng.optimize.search.length import Schedule
from qng.run import saved
from qng.run.apart import Apart
from qng.run.codec import Unknown, dumps, dumps_shared, loads
from qng.run.comparison import Comparison
from qng.run.results import Run
from qng.run.several import Comparisons
from qng.run.trace import Trace
from tests.run.test_codec import same


def as_saved(value: Any) -> str:
    """Everything of a value, as text."""
    return dumps_shared(value, saved._SHARED)


def trace_of(run: Run) -> dict[str, np.ndarray]:
    return {column: run.trace[column] for column in run.trace.columns}


@pytest.mark.parametrize("shots", [None, 20_000])
def test_a_run(tmp_path: Path, shots: int | None) -> None:
    run = qng.minimize("textbook-2", "qng", steps=3, shots=shots)
    run.save(tmp_path / "run.json")
    back = qng.load_run(tmp_path / "run.json")
    assert isinstance(back, Run)
    assert same(run.trace, back.trace)
    assert same(run.x, back.x)
    assert (back.method, back.message, back.made.digest) == (
        run.method,
        run.message,
        run.made.digest,
    )
    assert as_saved(back) == as_saved(run)
    assert list(tmp_path.iterdir()) == [tmp_path / "run.json"]


def test_a_comparison(tmp_path: Path) -> None:
    found = qng.compare(
        "one-qubit", ["gd", "qng@0.2", "l-bfgs-b"], starts=3, steps=3, shots=5000, workers=1
    )
    found.save(str(tmp_path / "found.json"))
    back = qng.load_run(tmp_path / "found.json")
    assert isinstance(back, Comparison)
    assert as_saved(back) == as_saved(found)
    assert same(found.starts, back.starts)
    assert list(back.runs) == list(found.runs)
    for label, runs in found.runs.items():
        for one, other in zip(runs, back.runs[label], strict=True):
            assert same(trace_of(one), trace_of(other))
            assert one.error == other.error
    # A second time it is the same file, and what all runs have in common stands in it once.
    back.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "found.json").read_bytes()
    document = json.loads((tmp_path / "found.json").read_text())
    assert [item["~"] for item in document["shared"]].count("Problem") == 1
    problems = {id(run.made.problem) for runs in back.runs.values() for run in runs}
    assert len(problems) == 1


def test_several_problems(tmp_path: Path) -> None:
    found = qng.compare(["one-qubit", "textbook-2"], ["gd"], starts=2, steps=2)
    found.save(tmp_path / "found.json")
    back = qng.load_run(tmp_path / "found.json")
    assert list(back.problems) == ["one-qubit", "textbook-2"]
    assert as_saved(back) == as_saved(found)


def test_functions_of_ones_own_are_named(tmp_path: Path) -> None:
    method = Optimizer(Schedule(lambda t: 0.1 / (t + 1)))
    run = qng.minimize("one-qubit", method, steps=2)
    run.save(tmp_path / "run.json")
    back = qng.load_run(tmp_path / "run.json")
    assert isinstance(back.made.method.search.f, Unknown)
    assert same(run.trace, back.trace)


def test_a_file_that_is_there_is_replaced_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = qng.minimize("one-qubit", "gd", steps=1)
    file = tmp_path / "run.json"
    run.save(file)
    before = file.read_bytes()

    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(QngError, match=r"run.json cannot be saved: No space left"):
        run.save(file)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no saved result: this is no JSON"),
        (b"\xff\xfe\x00", "is no text"),
        (b'{"fun": 1}', "no document of qng"),
        (b'{"format": "qng", "version": 2, "value": 1}', "version 2"),
        (b'{"format": "qng", "version": 1, "value": 1}', "holds a int, and no run"),
        (b'{"format": "qng", "version": 1, "value": {"~": "apart", "number": 3}}', "damaged"),
        (b'{"format": "qng", "version": 1, "shared": 3, "value": 1}', "damaged"),
        (gzip.compress(b"{}", mtime=0), "it is compressed, unpack it with gunzip"),
        (b'{"value": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(InputError, match=message):
        qng.load_run(tmp_path / "file")


def test_places_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing cannot be read: No such file"):
        qng.load_run(tmp_path / "nothing")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        qng.load_run(tmp_path)
    with pytest.raises(InputError, match="must be a path"):
        qng.load_run(3)
    run = qng.minimize("one-qubit", "gd", steps=0)
    with pytest.raises(InputError, match="is a folder: give a file name"):
        run.save(tmp_path)
    with pytest.raises(InputError, match="there is no folder"):
        run.save(tmp_path / "no" / "run.json")


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('"steps":2', '"steps":"two"'),
        ('"nit":2', '"nit":[]'),
        ('"name":"one-qubit"', '"name":1'),
        ('"rows":', '"rows":3,"other":'),
        ('"trace":', '"trace":null,"other":'),
        ('"goal":', '"goal":[1],"other":'),
    ],
)
def test_what_is_of_another_kind_is_damage(tmp_path: Path, good: str, bad: str) -> None:
    file = tmp_path / "run.json"
    qng.minimize("one-qubit", "gd", steps=2).save(file)
    text = file.read_text()
    assert good in text
    file.write_text(text.replace(good, bad, 1))
    with pytest.raises(InputError, match=r"the document is damaged: \w+ of a \w+ is"):
        qng.load_run(file)


class TestApart:
    def test_objects_are_known_as_themselves(self) -> None:
        one, other = qng.load("one-qubit"), qng.load("one-qubit")
        text = dumps([one, other, {"of": one}], Apart([one]))
        back = loads(text, Apart([one]))
        assert back[0] is one
        assert back[2]["of"] is one
        assert back[1] is not other
        assert back[1].circuit == other.circuit

    def test_without_what_stands_apart_there_is_no_value(self) -> None:
        text = dumps(qng.load("one-qubit"), Apart(kinds=["Problem"]))
        with pytest.raises(InputError, match="damaged"):
            loads(text)


def test_a_run_without_a_point_and_others_in_its_place_are_damage(tmp_path: Path) -> None:
    found = qng.compare("one-qubit", ["gd"], starts=2, steps=1, workers=1)
    [run, other] = found.runs["gd"]
    empty = replace(run, trace=Trace(()))
    for value, words in (
        (empty, "a run has no point"),
        (replace(found, runs={"gd": (other, empty)}), "a run has no point"),
        (replace(found, runs={"gd": (other, 3)}), "3 stands for a Run"),
        (replace(found, runs={"gd": other.goal}), "Goal.* stands for a Run"),
        (Comparisons({"a": found, "b": 7}), "7 stands for a Comparison"),  # type: ignore[dict-item]
    ):
        value.save(tmp_path / "damaged.json")
        with pytest.raises(InputError, match=rf"the document is damaged: .*{words}"):
            qng.load_run(tmp_path / "damaged.json")


def test_an_array_of_no_numbers_is_damage(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    qng.minimize("one-qubit", "gd", steps=1).save(file)
    file.write_text(file.read_text().replace('"type":"float64"', '"type":"object"'))
    with pytest.raises(InputError, match="the document is damaged: an array of object entries"):
        qng.load_run(file)


def test_the_mark_that_editors_put_before_a_text_is_no_damage(tmp_path: Path) -> None:
    run, file = qng.minimize("one-qubit", "gd", steps=1), tmp_path / "run.json"
    run.save(file)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert qng.load_run(file) == run


def test_results_are_equal_where_all_in_them_is(tmp_path: Path) -> None:
    problem = qng.load("one-qubit")
    results = (
        qng.minimize(problem, "qng", steps=2),
        qng.minimize(problem, "qng", steps=2, shots=20_000),
        qng.compare(problem, ["gd", "qng"], starts=2, steps=2),
        qng.compare(["one-qubit", "h2"], ["gd"], starts=2, steps=2),
        qng.gradient(problem, shots=500),
        qng.energy(problem, np.stack([problem.initial, problem.initial])),
        qng.berry_curvature(problem, shots=500),
    )
    for result in results:
        again = pickle.loads(pickle.dumps(result))
        assert result == again == copy.deepcopy(result)
        assert hash(result) == hash(again)
        assert [other for other in results if other == result] == [result]
        if hasattr(result, "save"):
            result.save(tmp_path / "result.json")
            assert qng.load_run(tmp_path / "result.json") == result


def test_the_energy_of_one_point_has_no_others() -> None:
    with pytest.raises(InputError, match=r"the energy at one point: take float\(energy\)"):
        qng.energy("one-qubit").at(0)
