"""Functions with their derivatives, as frameworks are told them: batches, draws, refusals."""

from typing import Any

import numpy as np
import pytest

import qng
from qng.adapters import derived, metrics
from qng.adapters.jets import Draws, Jets
from qng.adapters.natural import Natural
from qng.circuit.ansatz import real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate
from qng.errors import InputError, UnknownNameError, UnsupportedMeasureError
from qng.plan.quantities import By
from qng.plan.request import Samples
from qng.seeds import extended, seed

PROBLEM = qng.Problem(real_amplitudes(2, 1), {"Z0 Z1": 1.0, "X0": 0.5})
POINTS = np.random.default_rng(0).normal(size=(3, 4))
ASK: tuple[Any, ...] = ("statevector", None, 0)


def test_energy_gradient_and_hessian_are_ours() -> None:
    jets = derived.energy(PROBLEM, *ASK)
    energy, gradient, hessian = jets.at(POINTS, range(3))
    np.testing.assert_allclose(energy, qng.energy(PROBLEM, POINTS).value, atol=1e-14)
    np.testing.assert_allclose(gradient, qng.gradient(PROBLEM, POINTS).value, atol=1e-14)
    for found, point in zip(hessian, POINTS):
        np.testing.assert_allclose(found, qng.hessian(PROBLEM, point).dense(), atol=1e-14)
    for orders in (range(1), range(1, 2), range(2), range(2, 3), range(1, 3)):
        for k, found in zip(orders, jets.at(POINTS, orders)):
            np.testing.assert_allclose(found, (energy, gradient, hessian)[k], atol=1e-14)


def test_weights_models_and_estimators() -> None:
    circuits = [(real_amplitudes(2, 1), 0.25), (real_amplitudes(2, 1).prefix(3), 0.75)]
    several = qng.Problem.weighted(circuits, {"Z0 Z1": 1.0})
    energy, gradient = derived.energy(several, *ASK).at(POINTS[0], range(2))
    assert energy == pytest.approx(qng.energy(several, POINTS[0]).value)
    np.testing.assert_allclose(gradient, qng.gradient(several, POINTS[0]).value, atol=1e-14)
    g, slopes = metrics.metric(several, "auto", *ASK).at(POINTS[0], range(2))
    parts = [metrics.metric(c, "auto", *ASK).at(POINTS[0], range(2)) for c, _ in circuits]
    np.testing.assert_allclose(g, qng.metric(several, POINTS[0]).dense(), atol=1e-14)
    np.testing.assert_allclose(slopes, 0.25 * parts[0][1] + 0.75 * parts[1][1], atol=1e-14)
    shifted = derived.energy(PROBLEM, *ASK, gradient=By("finite-difference", step=0.1))
    found = shifted.at(POINTS, range(1, 2))[0]
    expected = qng.gradient(PROBLEM, POINTS, "finite-difference", step=0.1).value
    np.testing.assert_array_equal(found, expected)
    model = qng.load("normal-fit")
    energy, gradient = derived.energy(model, *ASK).at(model.initial[None], range(2))
    np.testing.assert_array_equal(gradient[0], qng.gradient(model).value)
    assert energy[0] == qng.energy(model).value


def test_no_points_and_no_parameters() -> None:
    still = Circuit(1, [Gate("h", (0,))])
    nothing, problem = np.zeros((3, 0)), qng.Problem(still, "X0")
    for shots in (None, 100):
        ask: tuple[Any, ...] = ("statevector", shots, 0)
        for found in derived.energy(PROBLEM, *ask).at(np.zeros((0, 4)), range(2)):
            assert found.shape[0] == 0
        energy, gradient = derived.energy(problem, *ask).at(nothing, range(2))
        np.testing.assert_allclose(energy, np.ones(3), atol=1e-14)
        assert gradient.shape == (3, 0)
        words = np.zeros((0, 2), dtype=int)
        natural = Natural.of(PROBLEM, 1e-3, "auto", *ask)
        assert natural.directions(np.zeros((0, 4)), np.zeros((0, 4)), words).shape == (0, 4)
    slopes = derived.probabilities(still, *ASK).at(nothing, range(3))
    assert [found.shape for found in slopes] == [(3, 2), (3, 2, 0), (3, 2, 0, 0)]
    g, slopes_of_g = metrics.metric(still, "auto", *ASK).at(nothing, range(2))
    assert (g.shape, slopes_of_g.shape) == ((3, 0, 0), (3, 0, 0, 0))


def test_expectations_are_energies() -> None:
    sums = [{"Z0": 1.0}, {"X1": 0.5, "Z0 Z1": 2.0}]
    found = derived.expectations(PROBLEM, sums, *ASK).at(POINTS, range(3))
    for j, observable in enumerate(sums):
        one = derived.energy(qng.Problem(PROBLEM.circuit, observable), *ASK).at(POINTS, range(3))
        for all_of, expected in zip(found, one):
            np.testing.assert_allclose(all_of[:, j], expected, atol=1e-14)
    sampled = derived.expectations(PROBLEM, sums, "statevector", 10**6, 0).at(POINTS, range(2))
    for k in range(2):
        np.testing.assert_allclose(sampled[k], found[k], atol=0.03)


def test_points_that_are_not_finite_give_nan_and_no_others() -> None:
    points = np.array([POINTS[0], np.full(4, np.nan), POINTS[1]])
    energy, gradient = derived.energy(PROBLEM, *ASK).at(points, range(2))
    assert np.isnan(energy[1])
    assert np.isnan(gradient[1]).all()
    np.testing.assert_array_equal(energy[[0, 2]], qng.energy(PROBLEM, POINTS[:2]).value)
    empty = derived.energy(PROBLEM, *ASK).at(np.zeros((0, 4)), range(3))
    assert [one.shape for one in empty] == [(0,), (0, 4), (0, 4, 4)]


def test_draws_are_those_of_the_seed_and_do_not_depend_on_what_else_is_asked() -> None:
    jets = derived.energy(PROBLEM, "statevector", 1000, 0)
    words = np.array([[0, 5], [0, 6], [0, 5]])
    energy = jets.at(POINTS, range(1), words)[0]
    both = jets.at(POINTS, range(2), words)
    np.testing.assert_array_equal(energy, both[0])
    expected = qng.energy(PROBLEM, POINTS[[0, 2]], shots=1000, seed=seed(0, 5)).value
    np.testing.assert_array_equal(energy[[0, 2]], expected)
    alone = qng.gradient(PROBLEM, POINTS[[1]], shots=1000, seed=seed(*extended(seed(0, 6), 1)))
    np.testing.assert_array_equal(both[1][1], alone.value[0])
    np.testing.assert_allclose(
        jets.at(POINTS, range(3))[2],
        derived.energy(PROBLEM, *ASK).at(POINTS, range(3))[2],
        atol=1.0,
    )
    np.testing.assert_array_equal(jets.at(POINTS, range(1))[0], jets.at(POINTS, range(1))[0])


def test_probabilities_from_shots_and_with_noise() -> None:
    exact = derived.probabilities(PROBLEM, *ASK)
    counted = derived.probabilities(PROBLEM, "statevector", 10**6, 0)
    noiseless = derived.probabilities(PROBLEM, "aer:density_matrix", None, 0)
    for jets, error in ((counted, 0.01), (noiseless, 1e-12)):
        assert jets.most == 1
        for found, expected in zip(jets.at(POINTS, range(2)), exact.at(POINTS, range(2))):
            np.testing.assert_allclose(found, expected, atol=error)
    with pytest.raises(InputError, match="known up to order 1, and order 2"):
        counted.at(POINTS, range(3))


@pytest.mark.parametrize("name", ["exact", "overlaps", "diagonal", "blocks", "blocks-diagonal"])
def test_metrics_and_their_derivatives(name: str) -> None:
    jets = metrics.metric(PROBLEM.circuit, name, *ASK)
    g, slopes = jets.at(POINTS, range(2))
    for k, found in enumerate(qng.metric(PROBLEM.circuit, POINTS, name)):
        np.testing.assert_allclose(g[k], found.dense(), atol=1e-13)
    h = 1e-5
    for k, unit in enumerate(np.eye(4)):
        up, down = (jets.at(POINTS + s * h * unit, range(1))[0] for s in (1, -1))
        np.testing.assert_allclose(slopes[..., k], (up - down) / (2 * h), atol=1e-9)


def test_what_cannot_be_had_is_refused_when_it_is_made() -> None:
    def refused(kind: type[Exception], text: str, make: Any, *arguments: Any) -> None:
        with pytest.raises(kind, match=text):
            make(*arguments)

    refused(InputError, "qng.Problem", derived.energy, PROBLEM.circuit, *ASK)
    refused(InputError, "at a point only", derived.energy, lambda x: x, *ASK)
    refused(InputError, "shots", derived.energy, PROBLEM, "statevector", -1, 0)
    refused(InputError, "seed", derived.energy, PROBLEM, "statevector", None, None)
    for shots in (None, 100):
        where = "statevector", shots, 0
        refused(UnknownNameError, "gradient 'foo'", derived.energy, PROBLEM, *where, "foo")
        refused(UnknownNameError, "metric 'foo'", metrics.metric, PROBLEM, "foo", *where)
    refused(UnsupportedMeasureError, "shots", metrics.metric, PROBLEM, "exact", "statevector", 9, 0)
    refused(InputError, "several", derived.expectations, PROBLEM, {"Z0": 1.0}, *ASK)
    refused(InputError, "several", derived.expectations, PROBLEM, [], *ASK)
    refused(InputError, "qubit 5", derived.expectations, PROBLEM, [{"Z5": 1.0}], *ASK)
    refused(InputError, "model", derived.probabilities, "normal-fit", *ASK)
    several = qng.Problem.weighted([(PROBLEM.circuit, 1.0)] * 2, {"Z0": 1.0})
    refused(InputError, "one circuit", derived.probabilities, several, *ASK)
    sampled = metrics.metric(PROBLEM, "blocks", "statevector", 100, 0)
    refused(InputError, "without shots", sampled.at, POINTS, range(2))


def test_what_whoever_is_asked_would_refuse_is_refused_when_it_is_made() -> None:
    """Nothing is run for it."""

    class Counting:
        name, noise = "counting", ""
        answers = frozenset({Samples})

        def run(self, requests: Any, seed: int) -> Any:
            raise AssertionError

    device: Any = Counting()
    for make in (derived.energy, derived.probabilities):
        with pytest.raises(InputError, match="counts bits: give shots="):
            make(PROBLEM, device, None, 0)
        assert make(PROBLEM, device, 100, 0).most > 0
        with pytest.raises(InputError, match="shots"):
            make(PROBLEM, device, 1, 0)
    with pytest.raises(InputError, match="counts bits: give shots="):
        metrics.metric(PROBLEM, "auto", device, None, 0)
    with pytest.raises(InputError, match="counts bits: give shots="):
        Natural.of(PROBLEM, 1e-3, "auto", device, None, 0)
    jets = derived.energy(PROBLEM, device, 6, 0)
    with pytest.raises(InputError, match="shots"):
        jets.try_order(1)


def test_seeds_as_words() -> None:
    draws = Draws(True, 3)
    assert draws.words == Draws(True, 3).words != Draws(True, 4).words
    assert [key for key, _ in draws.groups(np.arange(2), None)] == [seed(*draws.words)]
    assert Draws(False, 3).groups(np.array([], dtype=int), None) == []
    jets = derived.energy(PROBLEM, *ASK)
    assert isinstance(jets, Jets)
    assert jets.shape_of(2) == (4, 4)
