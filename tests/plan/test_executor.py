"""Protocols of what answers requests, what is refused for them, and the service of the tests."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, QngError, UnsupportedMeasureError
from qng.execute.function import Function
from qng.execute.statevector.executor import Statevector
from qng.plan.executor import (
    Divisible,
    Handle,
    Pending,
    Service,
    check_shots,
    check_supported,
)
from qng.plan.request import Expectation, Request, Samples, State
from tests.executors import Fake, LostReplyError, Queued

ONE = Circuit(1, [Rotation(Pauli.parse("X0"), parameter("a"))], ["a"])
Z = Pauli.parse("Z0")


def asked(measure, shots=None):
    return Request(ONE, np.array([[0.4], [2.0]]), measure, shots=shots)


COUNTED = asked(Samples(Z), np.array([50, 60]))


def test_what_is_not_answered_is_refused():
    check_supported(Fake(), [COUNTED])
    with pytest.raises(UnsupportedMeasureError, match="fake does not answer State; it answers Sam"):
        check_supported(Fake(), [COUNTED, asked(State())])


def test_who_counts_bits_needs_shots():
    energy = asked(Expectation(PauliSum({"Z0": 1.0})))
    for device in (Fake(), Queued(Fake())):
        check_shots(device, [COUNTED])
        for exact in (asked(Samples(Z)), energy):
            with pytest.raises(InputError, match=f"executor {device.name} counts bits: give shots"):
                check_shots(device, [COUNTED, exact])
    check_shots(Statevector(), [energy, asked(Samples(Z))])


def test_whose_batches_may_be_cut():
    assert isinstance(Statevector(), Divisible)
    assert isinstance(Function(lambda *_: {}), Divisible)
    assert not isinstance(Fake(), Divisible)


class TestQueued:
    """The service that stands for hardware in other tests."""

    def test_answers_after_some_looks(self):
        service = Queued(Statevector(), looks=2)
        assert isinstance(service, Service)
        assert not isinstance(Statevector(), Service)
        handle = service.submit([COUNTED], "run/0", 5)
        looks = [service.collect(handle) for _ in range(3)]
        assert looks[:2] == [Pending("2 to go"), Pending("1 to go")]
        ((found, _),) = looks[2]
        ((expected, _),) = Statevector().run([COUNTED], 5)
        assert found.weights.tolist() == expected.weights.tolist()
        assert service.log == [("submit", "run/0"), *[("collect", "run/0")] * 3]

    def test_handles_are_basic_types(self):
        handle = Queued(Statevector()).submit([COUNTED], "run/0", 5)
        stored = json.loads(json.dumps(asdict(handle)))
        assert Handle(stored["service"], stored["key"], tuple(stored["jobs"])) == handle

    def test_a_lost_reply_is_found_again(self):
        service = Queued(Statevector(), lost={0})
        assert service.find("run/0") is None
        with pytest.raises(LostReplyError):
            service.submit([COUNTED], "run/0", 5)
        assert len(service.collect(service.find("run/0"))[0]) == 2

    def test_refused_and_failed_batches(self):
        service = Queued(Statevector(), refused={0}, failed={0})
        with pytest.raises(QngError, match="refused"):
            service.submit([COUNTED], "run/0", 5)
        assert service.find("run/0") is None
        handle = service.submit([COUNTED], "run/0", 5)
        with pytest.raises(QngError, match="failed"):
            service.collect(handle)
