"""Metrics over the steps: means, averages by inverse variance, rank-one updates."""

import numpy as np
import pytest

from qng.errors import InputError
from qng.geometry import Blocks, Dense, Diagonal, Metric
from qng.optimize.average import Average, Broyden, InverseVariance, RunningMean

RNG = np.random.default_rng(3)


def fed(average: Average, measured: list[Metric | None], gradients: np.ndarray) -> list[Metric]:
    """The metric of every step."""
    current, memory, found = None, {}, []
    for metric, gradient in zip(measured, gradients):
        current, memory = average(metric, current, gradient, memory)
        assert all(isinstance(value, np.ndarray) for value in memory.values())
        found.append(current)
    return found


def random_metrics(count: int, size: int, errors: bool = True) -> list[Metric]:
    found = []
    for _ in range(count):
        a = RNG.normal(size=(size, size))
        e = RNG.uniform(0.1, 2.0, (size, size))
        found.append(Dense(a + a.T, e + e.T if errors else None))
    return found


class TestRunningMean:
    def test_worked_example(self) -> None:
        """PennyLane's demo of QN-SPSA: k = 1, damping 1e-3; a negative eigenvalue is flipped."""
        signs = np.array([1.0, 0.0, -1.0, 1.0])
        raw = 2.5 * np.outer(signs, signs) - 2.5 * np.diag([0.0, 1.0, 0.0, 0.0])
        assert np.diag(raw).tolist() == [2.5, -2.5, 2.5, 2.5]
        (mean,) = fed(RunningMean(1e-3), [Dense(raw)], np.zeros((1, 4)))
        expected = np.array([1.74925075, 0, -1.24875125, 1.24875125])
        np.testing.assert_allclose(mean.dense()[0], expected, rtol=0, atol=5e-9)
        np.testing.assert_allclose(mean.dense()[1], [0, 0.75024975, 0, 0], rtol=0, atol=5e-9)

    def test_recurrence_and_lowest_eigenvalue(self) -> None:
        from scipy.linalg import sqrtm

        measured, beta = random_metrics(6, 4), 0.02
        expected, found = np.eye(4), fed(RunningMean(beta), measured, np.zeros((6, 4)))
        for k, (raw, mean) in enumerate(zip(measured, found), start=1):
            average = k / (k + 1) * expected + raw.dense() / (k + 1)
            expected = (sqrtm(average @ average).real + beta * np.eye(4)) / (1 + beta)
            np.testing.assert_allclose(mean.dense(), expected, rtol=0, atol=1e-10)
            assert mean.spectrum()[0] >= beta / (1 + beta) - 1e-12

    def test_errors_of_a_mean_of_positive_metrics(self) -> None:
        errors = np.array([[0.3, 0.1], [0.1, 0.2]])
        found = fed(RunningMean(1e-9), [Dense(np.eye(2), errors)] * 4, np.zeros((4, 2)))
        # The mean of 1 and four measurements, each with weight 1/5.
        np.testing.assert_allclose(found[-1].std_error, errors * 2 / 5, rtol=1e-6)
        assert fed(RunningMean(), [Dense(np.eye(2))], np.zeros((1, 2)))[0].std_error is None

    def test_a_diagonal_stays_one(self) -> None:
        values = [np.array([0.3, -4.0]), np.array([0.1, 0.2])]
        dense = fed(RunningMean(), [Dense(np.diag(v)) for v in values], np.zeros((2, 2)))
        diagonal = fed(RunningMean(), [Diagonal(v) for v in values], np.zeros((2, 2)))
        assert isinstance(diagonal[-1], Diagonal)
        np.testing.assert_allclose(diagonal[-1].dense(), dense[-1].dense(), atol=1e-12)

    def test_blocks_stay_known(self) -> None:
        metric = Blocks(((0, 1), (2,)), (np.full((2, 2), 0.2), np.array([[0.1]])), 3)
        (mean,) = fed(RunningMean(), [metric], np.zeros((1, 3)))
        assert mean.blocks == metric.blocks
        assert mean.dense()[2, :2].tolist() == [0.0, 0.0]

    def test_it_is_kept_where_nothing_is_measured(self) -> None:
        found = fed(RunningMean(), [*random_metrics(1, 2), None], np.zeros((2, 2)))
        assert found[1] is found[0]


class TestInverseVariance:
    @pytest.mark.parametrize("entrywise", [False, True])
    @pytest.mark.parametrize("forget", [1.0, 0.7])
    def test_closed_form(self, forget: float, entrywise: bool) -> None:
        measured = random_metrics(5, 3)
        found = fed(InverseVariance(forget, entrywise), measured, np.zeros((5, 3)))[-1]
        squares = [m.std_error**2 for m in measured]
        variances = squares if entrywise else [np.full((3, 3), v.mean()) for v in squares]
        weights = np.array([forget ** (4 - s) / v for s, v in enumerate(variances)])
        weights /= weights.sum(axis=0)
        expected = np.sum(weights * [m.dense() for m in measured], axis=0)
        np.testing.assert_allclose(found.dense(), expected, rtol=1e-12)
        np.testing.assert_allclose(
            found.std_error, np.sqrt(np.sum(weights**2 * squares, axis=0)), rtol=1e-12
        )

    def test_equal_errors_without_forgetting_are_the_plain_mean(self) -> None:
        values = RNG.normal(size=(6, 2, 2))
        measured = [Dense(v, np.full((2, 2), 0.5)) for v in values]
        found = fed(InverseVariance(1.0), measured, np.zeros((6, 2)))[-1]
        np.testing.assert_allclose(found.dense(), values.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(found.std_error, 0.5 / np.sqrt(6), rtol=1e-12)

    def test_one_weight_keeps_positive_metrics_positive(self) -> None:
        measured = []
        for _ in range(8):
            a = RNG.normal(size=(4, 1))
            measured.append(Dense(a @ a.T, RNG.uniform(0.1, 3.0, (4, 4))))
        for metric in fed(InverseVariance(0.8), measured, np.zeros((8, 4))):
            assert metric.spectrum()[0] > -1e-12

    def test_what_is_exact_is_not_averaged(self) -> None:
        first, second = Dense(np.eye(2), np.ones((2, 2))), Dense(3 * np.eye(2))
        third = Dense(5 * np.eye(2), np.full((2, 2), 0.1))
        found = fed(InverseVariance(), [first, second, third], np.zeros((3, 2)))
        assert found[1] is second
        np.testing.assert_allclose(found[2].dense(), third.dense(), rtol=1e-12)

    def test_entries_fixed_by_structure_are_taken_as_they_are(self) -> None:
        errors = np.array([[0.0, 0.2], [0.2, 0.2]])
        measured = [Dense(np.full((2, 2), x), errors) for x in (1.0, 2.0)]
        found = fed(InverseVariance(1.0, True), measured, np.zeros((2, 2)))[-1]
        np.testing.assert_allclose(found.dense(), [[2.0, 1.5], [1.5, 1.5]])
        assert found.std_error[0, 0] == 0.0


def test_broyden_is_the_update_of_the_inverse_by_sherman_and_morrison() -> None:
    """B <- B/(1 - e) - e/(1 - e) (B g)(B g)^T / ((1 - e) + e g^T B g), e = 0.2/c, c = 2, 3, ..."""
    a = RNG.normal(size=(4, 4))
    first, gradients = a @ a.T + np.eye(4), RNG.normal(size=(7, 4))
    found = fed(Broyden(0.2), [Dense(first), *[None] * 6], gradients)
    inverse = np.linalg.inv(first)
    np.testing.assert_allclose(found[1].dense(), first)
    for c, metric in enumerate(found[2:], start=2):
        e, g = 0.2 / c, gradients[c - 1]
        v = inverse @ g
        inverse = inverse / (1 - e) - e / (1 - e) * np.outer(v, v) / (1 - e + e * g @ v)
        np.testing.assert_allclose(np.linalg.inv(metric.dense()), inverse, rtol=1e-9, atol=1e-12)


def test_broyden_begins_anew_at_a_measurement() -> None:
    metrics = random_metrics(2, 2, errors=False)
    found = fed(Broyden(), [metrics[0], None, None, metrics[1], None], RNG.normal(size=(5, 2)))
    assert found[3] is metrics[1]
    np.testing.assert_allclose(found[4].dense(), metrics[1].dense(), rtol=1e-12)


@pytest.mark.parametrize(
    "make",
    [
        lambda: RunningMean(0.0),
        lambda: RunningMean(np.nan),
        lambda: InverseVariance(0.0),
        lambda: InverseVariance(1.1),
        lambda: Broyden(-0.1),
        lambda: Broyden(1.1),
    ],
)
def test_hyperparameters_are_checked(make) -> None:
    with pytest.raises(InputError):
        make()
