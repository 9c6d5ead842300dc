"""Costs of a step that are known before: those of the runs themselves."""

import pytest

import qng
from qng.errors import InputError
from qng.plan.shots import PerCircuit


@pytest.mark.parametrize("name", ["cma-es", "rotosolve"])
@pytest.mark.parametrize("shots", [8000, PerCircuit(50), None])
def test_methods_that_ask_for_energies_cost_what_was_said(name, shots):
    said = qng.step_cost("h2", name, shots=shots)
    run = qng.minimize("h2", name, shots=shots, steps=2, seed=1)
    assert not said.at_most
    if shots is None:
        assert said.step.shots == said.total(2) == run.shots == 0
    else:
        assert run.trace["shots"][0] == said.step.shots + sum(said.search)
        assert run.shots == pytest.approx(said.total(2), rel=0.01)
    assert len(said.search) == (11 if name == "rotosolve" and shots is not None else 0)


def test_shots_that_quiver_chooses_are_fewer():
    said = qng.step_cost("h2", "quiver", shots=8000)
    run = qng.minimize("h2", "quiver", shots=8000, steps=3, seed=1)
    assert said.at_most
    assert run.trace["shots"][0] < said.step.shots
    assert run.shots <= said.total(3)


def test_what_depends_on_answers_is_not_known():
    with pytest.raises(InputError, match="asks as it goes"):
        qng.step_cost("h2", "cobyla", shots=8000)
    with pytest.raises(InputError, match="has no gradient"):
        qng.step_cost("h2", "cma-es", shots=8000, gradient="spsa")
