"""Options of the sampler: checked by the client's own model, and what they make of shots."""

from __future__ import annotations

import warnings

import pytest

from qng.errors import InputError
from qng.execute.qiskit.ibm import options
from qng.plan.deal import Dealing

ON = {"enable_gates": True}


@pytest.mark.parametrize(
    "given",
    [
        {},
        None,
        {"twirling": {"enable_gates": True, "strategy": "all"}},
        {"dynamical_decoupling": {"enable": True, "sequence_type": "XY4"}},
        {"execution": {"init_qubits": False, "rep_delay": 0.0003}},
        {"max_execution_time": 100},
        {"environment": {"job_tags": ["mine"], "log_level": "DEBUG"}},
    ],
)
def test_options_that_the_client_knows_are_taken(given):
    assert options.checked(given) == (given or {})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (3, "are a dict"),
        ({"twirling": {"gates": True}}, r"did you mean twirling\.enable_gates"),
        ({"twirl": {"enable_gates": True}}, "unknown option of the sampler 'twirl'"),
        ({"twirling": {"enable_gates": "perhaps"}}, "twirling.enable_gates"),
        ({"dynamical_decoupling": {"sequence_type": "YY"}}, "sequence_type"),
        ({"resilience_level": 1}, "resilience_level"),
        ({"execution": {"rep_delay": "soon"}}, "rep_delay"),
        ({"default_shots": 100}, "shots="),
        ({"simulator": {}}, "fake_fez"),
        ({"environment": {"max_execution_time": 10}}, "give max_execution_time itself"),
        ({"environment": {"private": True}}, "once only"),
        ({"execution": {"meas_type": "kerneled"}}, "classified"),
        ({"experimental": {"x": object()}}, "plain values"),
        ({"experimental": {"x": float("nan")}}, "plain values"),
        ({"twirling": ON | {"num_randomizations": 4, "shots_per_randomization": 9}}, "not both"),
    ],
)
def test_others_are_refused_in_one_line(given, told):
    with pytest.raises(InputError, match=told) as caught:
        options.checked(given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("twirling", "multiple"),
    [
        ({}, 1),
        ({"enable_gates": False}, 1),
        ({"num_randomizations": 7}, 1),
        (ON, 64),
        ({"enable_measure": True}, 64),
        (ON | {"shots_per_randomization": 10}, 10),
        (ON | {"num_randomizations": 7}, 7),
        (ON | {"num_randomizations": "auto", "shots_per_randomization": "auto"}, 64),
    ],
)
def test_rows_have_the_shots_that_the_client_would_make_of_them(twirling, multiple):
    from qiskit_ibm_runtime.executor.calculate_twirling_shots import calculate_twirling_shots

    given = {"twirling": twirling}
    assert options.dealing(given) == Dealing(uniform=True, multiple=multiple)
    if not options._twirls(given):
        return
    model = options.model(given).twirling
    for k in (*range(1, 70), 100, 999, 5000):
        randomizations, each = calculate_twirling_shots(
            multiple * k, model.num_randomizations, model.shots_per_randomization
        )
        assert randomizations * each == multiple * k


def test_limits_and_tags_are_those_of_the_job_and_of_the_user():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = options.model(
            {"max_execution_time": 50, "environment": {"job_tags": ["mine"]}}, ["a", "b"], 99.9
        )
    assert model.max_execution_time == 50
    assert model.environment.max_execution_time is None
    assert model.environment.job_tags == ["mine", "a", "b"]
    assert options.model({}, (), 99.9).max_execution_time == 99
    assert options.model({}, (), 0.2).max_execution_time == 1
    assert options.model({}, (), 1e6).max_execution_time == 10_800
    assert options.model({}).max_execution_time is None
