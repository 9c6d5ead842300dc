"""Keys stay out of everything that is written, and nobody but the service is asked."""

from __future__ import annotations

import pytest

from tests.hardware.drive import TRACEBACK
from tests.loopback import Fault
from tests.loopback.guard import Elsewhere
from tests.loopback.world import TOKEN


def test_a_key_is_in_no_output_ledger_or_export_with_all_loggers_at_debug(drive):
    drive.loopback.world.break_at(
        Fault("token", 500), Fault("submit", "cut", nth=2, after=True), Fault("job", "html", nth=3)
    )
    assert drive.start(log="err").code == 0
    assert "DEBUG" in drive.done[0].err or "Endpoint" in drive.done[0].err
    assert drive.leaks() == []


@pytest.mark.parametrize(
    "told",
    [
        {"QISKIT_IBM_TOKEN": TOKEN[:-1] + "x"},
        {"QISKIT_IBM_TOKEN": ""},
        {"QISKIT_IBM_INSTANCE": "nobody's"},
        {"QISKIT_IBM_CHANNEL": "ibm_quantum"},
    ],
    ids=["wrong key", "no key", "wrong instance", "old channel"],
)
def test_an_account_that_is_not_known_is_told_in_a_line(drive, told):
    done = drive.start(env=drive.environment | told)
    assert done.code in (1, 2), done
    assert TRACEBACK not in done.err
    assert sum(line.startswith(("error:", "failed:")) for line in done.err.splitlines()) == 1
    assert drive.loopback.world.posts == 0
    assert TOKEN[:-1] not in done.out + done.err + done.log


def test_another_host_is_noticed(drive):
    told = {name: value for name, value in drive.environment.items() if name != "IAM_URL"}
    with pytest.raises(AssertionError, match=Elsewhere.__name__):
        drive.start(env=told)
