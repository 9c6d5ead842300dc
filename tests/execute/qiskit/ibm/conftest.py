"""A service of our own, to which the environment alone leads the client."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from qng.execute.qiskit.ibm import IBM, line
from tests.execute.qiskit.ibm.journey import prepared
from tests.loopback import Loopback, World
from tests.loopback.guard import without_certificates
from tests.loopback.server import serving


@pytest.fixture(scope="session")
def loopback() -> Iterator[Loopback]:
    with without_certificates(), serving() as service:
        yield service


@pytest.fixture
def world(loopback: Loopback, monkeypatch, tmp_path_factory) -> Iterator[World]:
    """The service, as new; the environment leads there."""
    home = tmp_path_factory.mktemp("home")
    for name, value in loopback.environment(str(home)).items():
        monkeypatch.setenv(name, value)
    # As often, sooner.
    monkeypatch.setattr(line, "_AGAIN", line._AGAIN.new(backoff_factor=0.01))
    new = World()
    loopback.world = new
    yield new
    # The client sets its logger up once, with handlers of this test's streams.
    logging.getLogger("qiskit_ibm_runtime").setLevel(logging.NOTSET)


@pytest.fixture
def ibm(world: World) -> IBM:
    return IBM("ibm_manila", timeout=5.0)


@pytest.fixture
def job(ibm: IBM) -> str:
    """A job that was sent."""
    from tests.execute.qiskit.ibm.journey import Shelf

    return ibm.send(prepared(ibm), ["qng-run:1", "qng-key:2"], None, Shelf())
