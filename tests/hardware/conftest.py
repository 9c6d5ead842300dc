"""A service and a zygote for all tests of this folder; each test has its own world."""

from __future__ import annotations

import pytest

from tests.hardware.drive import Drive
from tests.loopback import Loopback, World
from tests.loopback.commands import commands
from tests.loopback.server import serving


@pytest.fixture(scope="session")
def qng(tmp_path_factory):
    with commands(str(tmp_path_factory.mktemp("home"))) as zygote:
        yield zygote


@pytest.fixture(scope="session")
def _loopback():
    with serving() as loopback:
        yield loopback


@pytest.fixture
def loopback(_loopback: Loopback):
    """The service, with nothing done yet."""
    _loopback.world = World()
    return _loopback


@pytest.fixture
def drive(qng, loopback, tmp_path):
    """A run on the service, not begun."""
    return Drive(qng, tmp_path, loopback)


@pytest.fixture(scope="session")
def reference(qng, _loopback, tmp_path_factory):
    """The trace of a run that nothing happened to."""
    _loopback.world = World()
    whole = Drive(qng, tmp_path_factory.mktemp("reference"), _loopback)
    done = whole.start()
    assert done.code == 0, done
    assert len(_loopback.world.jobs) == _loopback.world.posts == 4
    trace = whole.trace
    assert whole.faults(trace) == []
    return trace
