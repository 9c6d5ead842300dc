"""How the shots of a batch are dealt out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qng.circuit.ansatz import hardware_efficient
from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.plan.deal import deal, split
from qng.plan.plan import Plan
from qng.plan.request import Request, Samples


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


def test_the_split_of_a_batch():
    circuit = hardware_efficient(2, 1)
    request = Request(circuit, np.zeros((3, 8)), Samples(Pauli.parse("Z0")))
    plan = Plan((request, request), lambda results: results)
    parts = split({"energy": plan, "gradient": plan, "metric": plan}, 0.25)
    totals = {k: sum(r.shares.sum() for r in p.requests) for k, p in parts.items()}
    assert totals == pytest.approx({"energy": 0.1, "gradient": 0.675, "metric": 0.225})
    parts = split({"energy": plan, "gradient": plan}, 0.25)
    assert sum(r.shares.sum() for r in parts["gradient"].requests) == pytest.approx(0.9)
