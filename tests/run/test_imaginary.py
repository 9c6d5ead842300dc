"""Exact imaginary time against closed forms, and runs of the natural gradient beside it."""

import math
from dataclasses import replace

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.circuit.ansatz import hardware_efficient
from qng.errors import InputError
from qng.optimize.accept import Blocking
from qng.run import exact
from qng.run.imaginary import beside, imaginary_time

FULL = qng.Problem(
    hardware_efficient(2, 1),
    {"Z0 Z1": 1.0},
    np.random.default_rng(4).uniform(-np.pi, np.pi, 8),
)


def test_an_observable_of_square_one_follows_the_tanh_law() -> None:
    tau = np.linspace(0, 2, 9)
    found = imaginary_time(FULL, tau)
    law = -np.tanh(2 * tau - np.arctanh(found.energies[0]))
    np.testing.assert_allclose(found.energies, law, rtol=0, atol=1e-12)
    # The weight of -1 is (1 - E) / 2.
    np.testing.assert_allclose(found.fidelities, (1 - law) / 2, rtol=0, atol=1e-12)
    assert found.overlaps is None


def test_the_natural_gradient_goes_along_to_first_order() -> None:
    """Half the step size, half the distance; undone steps take no time."""
    gaps = []
    for eta, steps in ((4e-3, 50), (2e-3, 100)):
        method = optimizers.qng(eta, 1e-9, trust=math.inf)
        run = qng.minimize(FULL, method, steps=steps)
        exact = beside(run)
        assert exact.times[-1] == pytest.approx(2 * eta * steps)
        assert exact.overlaps is not None
        assert exact.overlaps.min() > 1 - 2e-4
        gaps.append(np.abs(exact.energies - run.trace["energy"]).max())
    assert gaps[0] / gaps[1] == pytest.approx(2, abs=0.2)


def test_undone_steps_take_no_time() -> None:
    method = replace(optimizers.qng(2.0, 1e-3, trust=math.inf), accept=Blocking("noise"))
    run = qng.minimize(FULL, method, steps=12)
    kept, tau = run.trace["accepted"], beside(run).times
    assert not kept.all()
    first = int(np.flatnonzero(~kept.astype(bool))[0])
    assert tau[first + 1] - tau[first - 1] == pytest.approx(2 * run.trace["eta"][first])


@pytest.mark.parametrize("name", ["h2", "maxcut-4"])
def test_products_with_a_sparse_matrix_agree(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tau = [0.0, 0.3, 0.3, 4.0]
    dense = imaginary_time(name, tau)
    monkeypatch.setattr(exact, "_DENSE", 0)
    products = imaginary_time(name, tau)
    np.testing.assert_allclose(products.energies, dense.energies, rtol=0, atol=1e-9)
    np.testing.assert_allclose(products.fidelities, dense.fidelities, rtol=0, atol=1e-9)


def test_late_times_end_in_the_ground_state() -> None:
    found = imaginary_time("h2", [1e5])
    known = qng.load("h2").reference_energy()
    assert known is not None
    assert found.energies[0] == pytest.approx(known.energy, abs=1e-10)
    assert found.fidelities[0] == pytest.approx(1)


@pytest.mark.parametrize("times", [[-1.0], [1.0, 0.5], [math.inf], [[0.0]]])
def test_times_that_are_none_are_refused(times: list) -> None:
    with pytest.raises(InputError, match="times must be finite, not negative and ascending"):
        imaginary_time("textbook-2", times)


def test_steps_without_a_size_are_refused() -> None:
    run = qng.minimize("textbook-2", "rotosolve", steps=2)
    with pytest.raises(InputError, match="steps of rotosolve have no size"):
        beside(run)
