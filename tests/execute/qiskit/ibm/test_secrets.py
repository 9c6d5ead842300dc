"""A token is in no message, log, traceback, repr or pickle, whatever happens."""

from __future__ import annotations

import io
import logging
import traceback
from http import client as http

import pytest

from qng.errors import QngError
from qng.execute.qiskit.ibm import IBM
from qng.execute.qiskit.ibm.secrets import hide, without_secrets
from tests.execute.qiskit.ibm.journey import SINCE, Shelf, final, prepared
from tests.loopback import Fault
from tests.loopback.world import ACCOUNT, CRN, TOKEN


@pytest.fixture
def log(monkeypatch):
    """All that anything logs, the client's own handler included."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root, client = logging.getLogger(), logging.getLogger("qiskit_ibm_runtime")
    before = root.level
    monkeypatch.setattr(http.HTTPConnection, "debuglevel", 0)
    monkeypatch.setattr(http, "print", print, raising=False)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    client.setLevel(logging.DEBUG)
    client.addHandler(handler)
    yield stream
    root.removeHandler(handler)
    client.removeHandler(handler)
    root.setLevel(before)
    client.setLevel(logging.NOTSET)


def test_a_token_is_taken_out_of_whatever_is_said():
    hide(["a-very-secret-key", "", None, "x"])
    said = f"key a-very-secret-key, Bearer abc.def, apikey=zzz {CRN} eyJ0eXAi.eyJpYXQi.c2ln x"
    assert without_secrets(said) == "key ..., ..., ... the instance ... x"


@pytest.mark.parametrize(
    "fault",
    [
        None,
        Fault("token", 400, times=0),
        Fault("search", 500, times=0),
        Fault("search", "html", times=0),
        Fault("backends", 403, times=0),
        Fault("configuration", "empty", times=0),
        Fault("submit", 503, after=True),
        Fault("submit", 401),
        Fault("submit", "cut"),
        Fault("job", 500, times=0),
        Fault("results", "corrupt"),
        Fault("list", "expired"),
    ],
    ids=str,
)
def test_nothing_shows_a_token_or_the_account(world, log, fault, capfd):
    world.break_at(*([] if fault is None else [fault]))
    shelf = Shelf()
    ibm = IBM("ibm_manila", timeout=30.0, token=TOKEN)
    shown = [repr(ibm)]
    try:
        batch = prepared(ibm, shelf)
        ibm.check(batch)
        job = ibm.send(batch, ["t"], None, shelf)
        ibm.jobs("t", SINCE)
        final(ibm, job)
        ibm.read(batch, ibm.raw(job, batch))
        ibm.left()
    except QngError as error:
        shown += [str(error), "".join(traceback.format_exception(error))]
        assert fault is not None
    out, err = capfd.readouterr()
    everything = "\n".join([*shown, log.getvalue(), out, err])
    assert "Endpoint" in everything or fault is not None
    bearers = [*world.tokens]
    for secret in (TOKEN, ACCOUNT, *bearers):
        assert secret not in everything


def test_the_client_is_silent_where_nobody_asked_for_its_log(world, capfd):
    ibm = IBM("ibm_manila", token=TOKEN)
    final(ibm, ibm.send(prepared(ibm), ["t"], None, Shelf()))
    assert capfd.readouterr() == ("", "")
