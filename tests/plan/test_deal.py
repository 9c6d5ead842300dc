"""How the shots of a batch are dealt out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qng.circuit.ansatz import hardware_efficient
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError
from qng.plan.deal import Dealing, TooFewShotsError, closing, deal, split
from qng.plan.plan import Plan, join
from qng.plan.request import Expectation, Gradient, Request, Samples


class TestDealing:
    @given(
        st.lists(st.floats(0.01, 100), min_size=1, max_size=30),
        st.integers(1, 10**5),
    )
    def test_everything_is_a_multiple_of_one_number_and_within_the_budget(self, weights, extra):
        shots = 2 * len(weights) + extra
        dealt = deal(np.array(weights), shots)
        assert dealt.min() >= 2
        assert dealt.sum() <= shots
        assert np.all(dealt % np.gcd.reduce(dealt) == 0)

    def test_equal_weights_have_equal_shots(self):
        assert deal(np.ones(7), 1000).tolist() == [142] * 7

    def test_weights_are_followed(self):
        dealt = deal(np.array([1.0, 2.0, 5.5]), 10_000)
        assert dealt / dealt.sum() == pytest.approx(np.array([1, 2, 5.5]) / 8.5, rel=0.1)

    @pytest.mark.parametrize("shots", [0, 5, -5, 2.5])
    def test_too_few_shots_are_refused(self, shots):
        with pytest.raises(
            InputError, match="cannot serve 3 circuits of one batch; give at least 6"
        ):
            deal(np.ones(3), shots)


def excess(weights, shots, dealt) -> float:
    """The variance over that of the shots as wanted."""
    w = np.asarray(weights) / np.sum(weights)
    return float(np.sum(w**2 / dealt)) * shots


class TestUniform:
    """Devices with one number of shots for all rows of a job."""

    @given(
        st.lists(st.floats(0.01, 100), min_size=1, max_size=40),
        st.integers(0, 10**6),
        st.sampled_from([1, 2, 3, 64]),
    )
    def test_rows_and_variance(self, weights, extra, multiple):
        dealing, n = Dealing(uniform=True, multiple=multiple), len(weights)
        shots = dealing.least * n + extra
        dealt = deal(np.array(weights), shots, dealing)
        base = np.gcd.reduce(dealt)
        assert dealt.sum() <= shots
        assert base >= 2
        assert base % multiple == 0
        assert np.array_equal(dealt, deal(np.array(weights), shots, dealing))
        # Where shots are many, five rows a point or a few more are nearly as good as any numbers.
        if shots >= 100 * dealing.least * n:
            assert excess(weights, shots, dealt) <= 1.15
            assert dealt.sum() / base <= 10 * n

    @given(st.integers(1, 300), st.integers(0, 10**4))
    def test_equal_weights_have_one_row_where_that_leaves_little_over(self, n, extra):
        shots = 2 * n + extra
        dealt = deal(np.full(n, 0.3), shots, Dealing(uniform=True))
        if shots % n <= 0.004 * shots:
            # A second one where all that is left over is enough for it.
            assert dealt.min() == shots // n
            assert np.sum(dealt > dealt.min()) <= shots % n // dealt.min()
        assert dealt.sum() >= (1 - 0.004) * shots or shots - dealt.sum() < dealt.min()

    def test_five_rows_a_point_will_do_for_weights_that_differ_a_thousandfold(self):
        """Of lih: two dear points, many cheap ones."""
        weights = np.concatenate([np.ones(64), np.full(64, 5.7), np.full(20, 130.0), [465, 2520]])
        dealt = deal(weights, 15_000, Dealing(uniform=True))
        assert dealt.sum() / np.gcd.reduce(dealt) <= 5 * len(weights)
        assert excess(weights, 15_000, dealt) <= 1.15

    def test_more_rows_are_taken_where_five_are_not_enough(self):
        """Hundreds of points in several sizes, and a dear one in another range."""
        weights = np.geomspace(1, 1e5, 40)
        dealt = deal(weights, 10**7, Dealing(uniform=True, rows=1))
        assert excess(weights, 10**7, dealt) <= 1.15
        assert dealt.sum() / np.gcd.reduce(dealt) > len(weights)

    def test_the_least_is_named(self):
        with pytest.raises(TooFewShotsError, match=r"3 circuits .* at least 192") as caught:
            deal(np.ones(3), 191, Dealing(uniform=True, multiple=64))
        assert caught.value.least == 192
        assert deal(np.ones(3), 192, Dealing(uniform=True, multiple=64)).tolist() == [64] * 3

    def test_the_closing_energy_has_the_least(self):
        assert closing(3, 10_000, Dealing(uniform=True, multiple=512)) == 3 * 512
        assert closing(3, 10_000) == 1000


def test_the_split_of_a_batch():
    circuit = hardware_efficient(2, 1)
    request = Request(circuit, np.zeros((3, 8)), Samples(Pauli.parse("Z0")))
    plan = Plan((request, request), lambda results: results)
    parts = split({"energy": plan, "gradient": plan, "metric": plan}, 0.25)
    totals = {k: sum(r.shares.sum() for r in p.requests) for k, p in parts.items()}
    assert totals == pytest.approx({"energy": 0.1, "gradient": 0.675, "metric": 0.225})
    parts = split({"energy": plan, "gradient": plan}, 0.25)
    assert sum(r.shares.sum() for r in parts["gradient"].requests) == pytest.approx(0.9)


def test_where_shots_cannot_answer_nothing_is_shared_out():
    circuit, h = hardware_efficient(2, 1), PauliSum({"Z0": 1.0})
    energy = Request(circuit, np.zeros((1, 8)), Expectation(h))
    exact = Request(circuit, np.zeros((1, 8)), Gradient(h))
    plans = {
        name: Plan((request,), lambda results: results)
        for name, request in {"energy": energy, "gradient": exact}.items()
    }
    assert split(plans, 0.25) == plans
    # The energy is read off the gradient, and asked once.
    assert join(plans).requests == (exact,)
