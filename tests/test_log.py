"""What the package logs, and that it does so for those only who ask."""

import json
import logging
import pickle
import subprocess
import sys
import time

import numpy as np
import pytest

import qng
from qng.log import gathered, levels, tell
from qng.run import many
from qng.run.codec import dumps, loads
from qng.run.journal import Journal
from qng.run.minimize import minimize
from tests.cli.test_commands import invoke


@pytest.fixture
def problem():
    return qng.load("one-qubit")


def lines(caplog, level):
    return [r.getMessage() for r in caplog.records if r.levelno == level]


def test_a_run_tells_of_its_estimators_its_batches_and_its_end(problem, caplog):
    caplog.set_level(logging.DEBUG, logger="qng")
    run = minimize(problem, "qng", steps=3)
    told = lines(caplog, logging.INFO)
    assert told[:2] == ["the metric 'auto' is 'exact'", "the gradient 'auto' is 'exact'"]
    assert told[2].startswith(
        f"one-qubit, qng: all 3 steps done; energy {run.fun:.10g} at step 3, after "
    )
    assert len(told) == 3
    batches = [line for line in lines(caplog, logging.DEBUG) if line.startswith("batch")]
    assert [line.split(":")[0] for line in batches] == [
        "batch 0",
        "batch 1",
        "batch 2",
        "batch 3-closing",
    ]
    assert "2 circuits at 2 points on statevector: " in batches[0]
    assert all(record.name.startswith("qng.") for record in caplog.records)


def test_shots_are_told_and_what_is_known_from_the_journal(problem, caplog):
    journal = Journal()
    minimize(problem, "gd", steps=1, shots=500, journal=journal)
    caplog.set_level(logging.DEBUG, logger="qng")
    minimize(problem, "gd", steps=2, shots=500, journal=loads(dumps(journal)))
    batches = [line for line in lines(caplog, logging.DEBUG) if line.startswith("batch")]
    assert all("shots on statevector" in line for line in batches)


def test_undone_steps_are_told(problem, caplog):
    caplog.set_level(logging.DEBUG, logger="qng")
    run = minimize(problem, "qng", lr=50.0, trust=3.0, steps=6)
    told = [line for line in lines(caplog, logging.DEBUG) if "undone" in line]
    rises = np.diff(run.trace["energy"]) > 0
    assert len(told) >= 1
    assert rises.any()


def test_a_value_at_a_point_is_a_batch(problem, caplog):
    caplog.set_level(logging.DEBUG, logger="qng")
    qng.energy(problem, [[0.1, 0.2]])
    assert lines(caplog, logging.DEBUG) == ["a batch: 1 circuits at 1 points on statevector"]


def test_results_do_not_depend_on_it(problem, caplog):
    quiet = minimize(problem, "qng", steps=4, shots=2000)
    caplog.set_level(logging.DEBUG, logger="qng")
    told = minimize(problem, "qng", steps=4, shots=2000)
    assert np.array_equal(quiet.trace["energy"], told.trace["energy"])


def test_nothing_is_shown_where_nobody_asks():
    code = "import qng; qng.minimize('one-qubit', steps=2)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    handlers = logging.getLogger("qng").handlers
    assert any(isinstance(handler, logging.NullHandler) for handler in handlers)


def test_jobs_and_what_happens_to_them_are_told(problem, tmp_path, caplog):
    caplog.set_level(logging.DEBUG, logger="qng")
    minimize(problem, "gd", steps=1, executor="aer", shots=200, ledger=tmp_path / "runs.db")
    told = [record.getMessage() for record in caplog.records]
    assert any("batch 0 is " in line for line in told)
    assert any("was transpiled for " in line for line in told)


def test_tokens_are_taken_out_of_what_a_handler_of_ours_shows():
    from qng.execute.qiskit.ibm import secrets

    class Kept(logging.Handler):
        def emit(self, record):
            shown.append(record.getMessage())

    shown, log, handler = [], logging.getLogger("qng"), Kept()
    log.addHandler(handler)
    try:
        secrets.hide(["a-token-of-mine"])
        logging.getLogger("qng.execute").error("sent with %s", "a-token-of-mine")
    finally:
        log.removeHandler(handler)
    assert shown == ["sent with ..."]


@pytest.mark.parametrize("words", [["-v", "run", "one-qubit"], ["run", "one-qubit", "-v"]])
def test_v_before_a_command_and_behind_it(words):
    code, out, err = invoke(*words, "--steps", 1)
    assert code == 0
    assert [line.split("] ")[1][:10] for line in err.splitlines()] == [
        "the metric",
        "the gradie",
        "one-qubit,",
    ]
    assert "ended" in out
    assert "one-qubit, qng: " in err


def test_vv_is_every_batch_and_the_next_command_is_quiet_again():
    code, _, err = invoke("run", "one-qubit", "--steps", 1, "-vv")
    assert code == 0
    assert "batch 1-closing: " in err
    assert invoke("run", "one-qubit", "--steps", 1)[2] == ""
    assert invoke("-v", "run", "one-qubit", "--steps", 1, "-v")[2].count("] batch") == 2
    assert logging.getLogger("qng").level == logging.NOTSET


def test_json_is_alone_on_stdout():
    code, out, err = invoke("run", "one-qubit", "--steps", 1, "--json", "-vv")
    assert code == 0
    assert json.loads(out)["problem"] == "one-qubit"
    assert "] batch 0" in err


def test_what_worker_processes_log_is_told_by_the_comparison(problem, caplog, monkeypatch):
    monkeypatch.setattr(many, "_WORTH_A_POOL", 0.0)
    caplog.set_level(logging.INFO, logger="qng")
    began = time.time()
    done = qng.compare(problem, ["gd", "qng"], starts=3, steps=3, shots=500, workers=2)
    ends = [line for line in lines(caplog, logging.INFO) if "all 3 steps done" in line]
    assert len(ends) == sum(map(len, done.runs.values())) == 6
    assert len({record.process for record in caplog.records}) > 1
    assert all(began <= record.created <= time.time() for record in caplog.records)
    caplog.clear()
    caplog.set_level(logging.WARNING, logger="qng")
    qng.compare(problem, ["gd", "qng"], starts=3, steps=3, shots=500, workers=2)
    assert caplog.records == []


def test_records_are_gathered_as_asked_and_told_once(caplog):
    log, ours = logging.getLogger("qng.run.somewhere"), logging.getLogger("qng")
    before = ours.level, list(ours.handlers), ours.propagate
    with gathered({"qng": logging.INFO, "qng.run": logging.DEBUG}) as records:
        log.debug("%s of %s", "batch 1", object())
        logging.getLogger("qng.plan").debug("nobody asked")
    assert (ours.level, list(ours.handlers), ours.propagate) == before
    assert logging.getLogger("qng.run").level == logging.NOTSET
    assert [record.name for record in records] == ["qng.run.somewhere"]
    assert caplog.records == []
    tell(records)
    assert caplog.records == []
    caplog.set_level(logging.DEBUG, logger="qng")
    assert levels()["qng"] == logging.DEBUG
    tell(pickle.loads(pickle.dumps(records)))
    assert [r.getMessage().split(" object")[0] for r in caplog.records] == ["batch 1 of <object"]
