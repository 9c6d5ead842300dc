"""Models in everything that runs: compared, kept, resumed, tuned, and what they refuse."""

import dataclasses
import json
from importlib import import_module

import numpy as np
import pytest

import qng
from qng.errors import InputError, UnknownNameError
from qng.geometry.noise import Independent
from qng.models.library import MODELS
from qng.optimize.search.length import Exponential as Schedule
from qng.problem.library import library
from qng.run.codec import dumps, loads
from qng.run.library import names
from qng.run.rooms import places
from tests.models.bowls import Sampled, gaussian, sampled


def test_problems_of_both_kinds_by_name():
    assert set(names()) == {*library(), *MODELS}
    assert not set(library()) & set(MODELS)
    with pytest.raises(UnknownNameError, match="did you mean logistic"):
        qng.load("logistik")
    with pytest.raises(UnknownNameError, match="did you mean h2"):
        qng.minimize("h22")


def test_classes_of_one_name_are_told_apart():
    law, schedule = qng.models.Exponential(), Schedule(0.1, 0.9)
    for value in (law, schedule, Independent(np.ones((2, 2)))):
        assert type(loads(dumps(value))) is type(value)
    assert dumps(law) != dumps(schedule)
    assert json.loads(dumps(schedule))["value"]["~"] == "Exponential"
    for tag, (room, name) in places().items():
        assert getattr(import_module(room), name).__name__ == name, tag


def test_comparisons():
    result = qng.compare(gaussian(), ["gd", "ng"], starts=3, steps=30)
    assert result.starts.shape == (3, 2)
    assert np.all(np.abs(result.starts[1:] - result.starts[0]) <= 0.5)
    assert all(run.solved for run in result.runs["ng"])
    assert not any(run.solved for run in result.runs["gd"])
    several = qng.compare([gaussian(), "textbook-2"], ["qng"], starts=1, steps=2)
    assert list(several.problems) == ["toy", "textbook-2"]


def test_saved_and_read(tmp_path):
    for problem in (gaussian(), sampled()):
        run = qng.minimize(problem, "qng", steps=3)
        run.save(tmp_path / "run.json")
        again = qng.load_run(tmp_path / "run.json")
        assert again.x.tolist() == run.x.tolist()
        assert again.values == run.values
        assert again.made.executor == "none"


def test_a_class_of_ones_own_is_known_by_its_name_and_its_fields():
    text = dumps(Sampled(0.3))
    assert "tests.models.bowls.Sampled#" in text
    assert dumps(Sampled(0.3)) == text
    assert dumps(Sampled(0.4)) != text
    assert dumps(dataclasses.replace(Sampled(0.3), shift=np.ones(2))) != text
    with pytest.raises(InputError, match="is not part of the file"):
        loads(text)()


def test_in_a_ledger(tmp_path):
    book = tmp_path / "runs.db"
    cut = qng.minimize(sampled(), "qng", steps=2, ledger=book)
    with pytest.raises(InputError, match="give it again from Python"):
        qng.resume(ledger=book, steps=4)
    with pytest.raises(InputError, match="is another"):
        qng.resume(ledger=book, steps=4, problem=sampled(0.2))
    went_on = qng.resume(ledger=book, steps=4, problem=sampled())
    whole = qng.minimize(sampled(), "qng", steps=4)
    assert went_on.x.tolist() == whole.x.tolist()
    assert went_on.trace["energy"].tolist() == whole.trace["energy"].tolist()
    assert cut.trace["energy"][:2].tolist() == whole.trace["energy"][:2].tolist()


def test_finished_runs_are_not_done_again(tmp_path):
    calls = []

    def told(done, of):
        calls.append(done)

    for _ in range(2):
        settings = {"starts": 2, "steps": 2, "ledger": tmp_path / "done.db", "progress": told}
        qng.compare(sampled(), ["gd"], **settings)
    assert calls == [1, 2]


def test_tuned():
    found = qng.tune(gaussian(), "gd", trials=2, starts=1, steps=5, tuner="grid")
    assert "lr" in found.chosen


def test_first_steps():
    """Those of ng and qng are one, as I = 4 g."""
    ng, qng_, gd = qng.compare_steps(gaussian(), methods=["ng", "qng", "gd"])
    assert ng.step == pytest.approx(qng_.step)
    assert ng.angle < 1e-5
    assert gd.length == pytest.approx(np.sqrt(gd.step @ (gd.step * [1, 2]) / 16))
    assert np.isnan(gd.kl)
    bare = qng.compare_steps(qng.models.function(lambda t: t @ t, [1.0, 2.0]), methods=["gd"])
    assert np.isnan(bare[0].length)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda p: qng.minimize(p, shots=100), "leave shots out"),
        (lambda p: qng.compare(p, shots=100), "leave shots out"),
        (lambda p: qng.compare(p, ["gd"], shots={"gd": 100}), "leave shots out"),
        (lambda p: qng.metric(p, shots=100), "leave shots out"),
        (lambda p: qng.minimize(p, executor="aer"), "leave executor out"),
        (lambda p: qng.energy(p, executor="aer"), "leave executor out"),
        (lambda p: qng.compare_steps(p, executor="aer"), "leave executor out"),
        (lambda p: qng.minimize(p, max_seconds=3), "charge"),
        (lambda p: qng.berry_curvature(p), "is of a circuit, and toy has none"),
        (lambda p: qng.step_cost(p), "is of a circuit, and toy has none"),
        (lambda p: qng.metric(p, [1.0]), "theta has 1 value"),
        (lambda p: qng.save(p, "folder"), "a problem is saved, not"),
        (lambda p: qng.minimize(p, start=[1.0, 2.0, 3.0]), "theta has 3 value"),
    ],
)
def test_what_is_of_circuits_is_refused_in_words(ask, words):
    with pytest.raises(InputError, match=words):
        ask(gaussian())


def test_points_of_many():
    points = [[1.0, 2.0], [0.0, 1.0]]
    assert qng.energy(gaussian(), points).value[1] == 0.0
    assert qng.gradient(gaussian(), points).value.shape == (2, 2)
    assert len(qng.metric(gaussian(), points, "fisher")) == 2
    noisy = qng.energy(sampled(), [[1.0, -1.0]] * 2)
    assert noisy.value[0] != noisy.value[1]
    assert noisy.std_error.shape == (2,)
    assert qng.gradient(sampled(), [[1.0, -1.0]] * 2).covariance.shape == (2, 2, 2)
