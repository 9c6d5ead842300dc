"""A search that is cut, kept, gone on with and made again."""

from pathlib import Path

import numpy as np
import pytest

import qng
from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation
from qng.circuit.pauli import Pauli
from qng.errors import InputError

SEARCHES = [qng.excited.ssvqe, qng.excited.vqd]


def problem() -> qng.Problem:
    names = [f"t{k}" for k in range(4)]
    words = ["Y0", "Y1", "X0 Y1", "Z0"]
    ops = [Rotation(Pauli.parse(w), parameter(t)) for w, t in zip(words, names)]
    h = {"Z0": 1.0, "Z1": 0.6, "X0 X1": 0.3, "Y0": 0.2}
    return qng.Problem(Circuit(2, ops, names), h, start=[0.3, -0.4, 0.8, 0.1], name="pair")


def after(calls: int, error: BaseException):
    """A watcher that raises at a call."""
    told = 0

    def watch(*_) -> None:
        nonlocal told
        told += 1
        if told == calls:
            raise error

    return watch


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("shots", [None, 3000])
def test_what_is_cut_goes_on_as_if_it_had_not_been(search, shots, tmp_path: Path) -> None:
    file = tmp_path / "levels.json"
    given = {"steps": 8, "shots": shots, "seed": 3}
    whole = search(problem(), 2, **given)
    calls = 4 if search is qng.excited.ssvqe else 12
    cut = search(problem(), 2, **given, save=file, watch=after(calls, KeyboardInterrupt()))
    assert "cut in state" in cut.interrupted
    assert str(qng.load_run(file)) == str(cut)
    found = search(problem(), 2, **given, save=file)
    assert not found.interrupted
    assert np.array_equal(found.energies, whole.energies)
    assert np.array_equal(found.points, whole.points)
    assert np.array_equal(qng.load_run(file).energies, whole.energies)
    kept = file.read_bytes()
    again = search(problem(), 2, **given, save=file, watch=after(1, RuntimeError()))
    assert np.array_equal(again.energies, whole.energies)
    assert qng.load_run(file).nfev == found.nfev
    assert kept  # nothing was run again, or the watcher had raised


def test_an_interrupt_of_the_second_start_keeps_the_first() -> None:
    found = qng.excited.vqd(problem(), 2, steps=5, starts=2, watch=after(8, KeyboardInterrupt()))
    assert (len(found), found.done) == (1, 0)
    first = qng.minimize(problem(), steps=5)
    assert found.energies[0] <= first.fun + 1e-12
    with pytest.raises(KeyboardInterrupt):
        qng.excited.vqd(problem(), 2, steps=5, told=after(1, KeyboardInterrupt()))


def test_states_before_a_failure_travel_with_it() -> None:
    with pytest.raises(RuntimeError) as raised:
        qng.excited.vqd(problem(), 3, steps=5, watch=after(8, RuntimeError("no")))
    partial = raised.value.partial
    assert (len(partial), partial.interrupted) == (1, "1 of 3 states")


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("shots", [None, 2000])
def test_it_is_made_again(search, shots, tmp_path: Path) -> None:
    file = tmp_path / "levels.json"
    search(problem(), 2, steps=3, shots=shots, seed=(1, 2), starts=2).save(file)
    found = qng.repeat(file)
    assert found.agrees
    assert "equal to the last bit" in found.message


def test_another_result_is_not_the_same(tmp_path: Path) -> None:
    found = qng.excited.vqd(problem(), 2, steps=3)
    found.energies[1] += 1e-3
    assert not qng.repeat(found).agrees


def test_what_is_cut_is_not_made_again() -> None:
    cut = qng.excited.vqd(problem(), 2, steps=5, watch=after(8, KeyboardInterrupt()))
    with pytest.raises(InputError, match="was cut after 1 of 2 states: cut in state 1"):
        qng.repeat(cut)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"steps": 4}, "another steps"),
        ({"beta": 2.0}, "another given"),
        ({"seed": 1}, "another seed"),
        ({"method": "gd"}, "another method"),
    ],
)
def test_another_search_is_not_gone_on_with(change, says: str, tmp_path: Path) -> None:
    file = tmp_path / "levels.json"
    qng.excited.vqd(problem(), 1, steps=2, save=file)
    with pytest.raises(InputError, match=says):
        qng.excited.vqd(problem(), 1, **{"steps": 2, "save": file, **change})
    with pytest.raises(InputError, match="no levels by ssvqe"):
        qng.excited.ssvqe(problem(), 1, steps=2, save=file)
    qng.minimize(problem(), steps=1).save(file)
    with pytest.raises(InputError, match="holds a Run"):
        qng.excited.vqd(problem(), 1, steps=2, save=file)


def test_costs_are_those_of_all_starts() -> None:
    given = {"steps": 3, "shots": 2000, "beta": 3.0}
    one, two = (qng.excited.vqd(problem(), 2, starts=n, **given) for n in (1, 2))
    assert two.shots == pytest.approx(2 * one.shots - 2 * 2000, rel=0.02)
    runs = sum(int(run.trace["shots"][-1]) for run in one.runs)
    assert one.shots == pytest.approx(runs + 2 * 2000, rel=0.02)


def test_a_penalty_that_was_too_small_is_mended() -> None:
    """Of the levels -1.3, -0.7, 0.7, 1.3 the circuit has -0.7 and 1.3."""
    turn = Rotation(Pauli.parse("Y0"), parameter("a"))
    stays = qng.Problem(Circuit(2, [turn], ["a"]), {"Z0": 1.0, "Z1": 0.3}, start=[2.0])
    found = qng.excited.vqd(stays, 2, steps=60)
    assert found.energies == pytest.approx([-0.7, 1.3], abs=1e-4)
    assert found.weights == pytest.approx([2.2 * 1.3])


def test_a_second_look_that_is_cut_goes_on(tmp_path: Path) -> None:
    """The second qubit stays 0, and the levels there are higher than the bound says."""
    turn = Rotation(Pauli.parse("Y0"), parameter("a"))
    stays = qng.Problem(Circuit(2, [turn], ["a"]), {"Z0": 1.0, "Z1": 0.3}, start=[2.0])
    given = {"steps": 6, "shots": 2000, "seed": 5}
    whole = qng.excited.vqd(stays, 2, **given)
    assert whole.runs[1].made.seed == (5, 1, 0, 1)
    file = tmp_path / "levels.json"
    qng.excited.vqd(stays, 2, **given, save=file, watch=after(15, KeyboardInterrupt()))
    assert qng.load_run(file).runs[1].made.seed == (5, 1, 0, 1)
    found = qng.excited.vqd(stays, 2, **given, save=file)
    assert np.array_equal(found.energies, whole.energies)
    assert np.array_equal(found.overlaps, whole.overlaps)
