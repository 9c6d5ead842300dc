"""Commands for runs on devices elsewhere, against a cloud in this process."""

import csv
import io
import json
from pathlib import Path

import pytest

from qng.errors import NotNowError
from qng.plan.cloud import Job, JobState
from tests.cli.elsewhere import Elsewhere, installed
from tests.cli.test_errors import invoke
from tests.clouds import Fault

SMALL = ["textbook-2", "--backend", "ibm_test", "--shots", "400", "--steps", "2"]
QUICK = ["--poll", "0.001", "--grace", "0.01", "--posts-per-minute", "1000"]


@pytest.fixture
def there(monkeypatch, tmp_path):
    """The device, and an empty current directory."""
    monkeypatch.chdir(tmp_path)
    return installed(monkeypatch, Elsewhere())


def done(*words):
    code, out, err = invoke(*words)
    assert code == 0, err
    return out


def told(*words):
    return json.loads(done(*words, "--json"))


def seconds(there):
    """What the cloud has charged."""
    return pytest.approx(there.account.seconds)


def trace(*words):
    """The trace of a run, without the time that it took."""
    rows = list(csv.DictReader(io.StringIO(done("export", *words))))
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


class TestRun:
    def test_it_is_kept_without_being_asked(self, there, tmp_path):
        code, out, err = invoke("run", *SMALL, *QUICK)
        assert code == 0
        assert "all 2 steps done" in out
        first, *lines = [line for line in err.splitlines() if "surrogate" not in line]
        assert first.startswith("run ")
        assert first.endswith("is kept in qng-runs.db")
        assert sum(line.startswith("step ") for line in lines) == 2
        assert sum(line.startswith("job job-1 is waiting") for line in lines) == 1
        assert (tmp_path / "qng-runs.db").exists()
        assert there.account.calls["send"] == 3
        found = told("status")
        assert found["state"] == "finished"
        assert (found["steps"], found["steps_asked"]) == (2, 2)
        assert [batch["state"] for batch in found["batches"]] == ["consumed"] * 3
        assert found["twins"] == 0
        assert found["seconds_charged"] == found["seconds_booked"] == seconds(there)
        assert found["seconds_estimated"] == seconds(there)
        jobs = found["jobs"]
        assert [job["id"] for job in jobs] == ["job-1", "job-2", "job-3"]
        keys = {"id", "batch", "attempt", "role", "state", "seconds_estimated", "seconds_charged"}
        assert all(keys <= job.keys() for job in jobs)
        assert {job["role"] for job in jobs} == {"used"}

    def test_json_is_the_run(self, there):
        found = json.loads(invoke("run", *SMALL, *QUICK, "--json")[1])
        assert found["nit"] == 2
        assert found["run"] == told("runs")["runs"][0]["run"]
        assert json.loads(done("resume", found["run"], "--json"))["energy"] == found["energy"]
        assert len(found["trace"]["energy"]) == 3

    def test_an_account_that_cannot_pay_all_of_it(self, there):
        there.account.left = 5.0
        code, out, err = invoke("run", *SMALL, *QUICK)
        assert (code, out) == (1, "")
        *_, line = err.splitlines()
        assert line.startswith("error: the run is estimated at 6 s of QPU time, and the account")
        assert "nothing was sent" in line
        assert there.account.calls["send"] == 0
        assert told("status")["state"] == "parked"
        there.account.left = 100.0
        done("resume")
        assert there.account.calls["send"] == 3

    def test_a_budget_for_less_than_a_job(self, there):
        code, out, err = invoke("run", *SMALL, *QUICK, "--max-seconds", 1)
        assert (code, out) == (1, "")
        assert err.splitlines()[-1].startswith("error: ")
        assert there.account.calls["send"] == 0

    def test_a_budget_for_less_than_the_run(self, there):
        code, _, err = invoke("run", *SMALL, *QUICK, "--max-seconds", 5)
        assert code == 1
        assert "failed: " in err.splitlines()[-1]
        assert there.account.calls["send"] == 2
        found = told("status")
        assert found["state"] == "parked"
        assert found["seconds_left"] == pytest.approx(5 - there.account.seconds)
        done("resume", "--max-seconds", 100)
        assert there.account.calls["send"] == 3

    @pytest.mark.parametrize("look", [1, 3, 5])
    def test_an_interrupt_leaves_the_job_and_says_how_to_go_on(self, there, look):
        there.account.faults = {("job", look): Fault(KeyboardInterrupt())}
        code, _, err = invoke("run", *SMALL, *QUICK, "--ledger", "my runs.db")
        assert code == 130
        sent = there.account.calls["send"]
        line = err.splitlines()[-1]
        assert "interrupted" in line
        name = told("runs", "--ledger", "my runs.db")["runs"][0]["run"]
        assert f"qng resume {name[:8]} --ledger 'my runs.db' goes on" in line
        there.account.faults = {}
        done("resume", name[:8], "--ledger", "my runs.db")
        assert there.account.calls["send"] == 3 >= sent

    def test_a_trace_that_was_interrupted_is_the_one_that_was_not(self, there):
        done("run", *SMALL, *QUICK, "--ledger", "whole.db")
        for look in (2, 4):
            there.account.faults = {
                ("job", there.account.calls["job"] + look): Fault(KeyboardInterrupt())
            }
            assert invoke("run", *SMALL, *QUICK, "--ledger", f"cut{look}.db")[0] == 130
            there.account.faults = {}
            done("resume", "--ledger", f"cut{look}.db")
            assert trace("--ledger", f"cut{look}.db") == trace("--ledger", "whole.db")

    def test_a_job_that_failed(self, there):
        there.account.fates = {2: Job("", JobState.FAILED, reason="a bad day")}
        code, out, err = invoke("run", *SMALL, *QUICK)
        assert code == 1
        assert "a bad day" in out
        line = err.splitlines()[-1]
        assert line.startswith("failed: ")
        assert "qng resume" in line
        assert told("status")["state"] == "failed"
        done("resume")
        assert told("status")["state"] == "finished"


class TestSubmitAndCollect:
    def test_one_job_at_a_time(self, there):
        there.account.looks = 2
        code, out, _ = invoke("submit", *SMALL, *QUICK)
        assert code == 0
        assert "qng collect" in out
        assert there.account.calls["send"] == 1
        assert there.account.calls["raw"] == 0
        codes = []
        for _ in range(20):
            code, out, err = invoke("collect")
            assert err == ""
            codes.append(code)
            if "finished" in out:
                break
        assert codes[-1] == 0
        assert set(codes) == {0, 3}
        assert there.account.calls["send"] == 3
        assert invoke("collect") == (0, "no run waits\n", "")
        assert told("status")["seconds_charged"] == seconds(there)

    def test_it_is_the_run_that_one_waits_for(self, there):
        done("submit", *SMALL, *QUICK, "--ledger", "a.db")
        while told("status", "--ledger", "a.db")["state"] != "finished":
            assert invoke("collect", "--ledger", "a.db")[0] in (0, 3)
        done("run", *SMALL, *QUICK, "--ledger", "b.db")
        assert trace("--ledger", "a.db") == trace("--ledger", "b.db")
        assert "bit for bit" in done("verify", "--ledger", "a.db")
        assert told("verify", "--ledger", "b.db")["holds"]

    def test_waiting_is_3(self, there):
        there.account.looks = 1000
        done("submit", *SMALL, *QUICK)
        code, out, err = invoke("collect")
        assert (code, err) == (3, "")
        assert "job-1 is waiting" in out
        name = told("runs")["runs"][0]["run"]
        found = json.loads(invoke("collect", name[:6], "--json")[1])["runs"][0]
        assert not found["moved"]
        assert "job-1 is waiting" in found["waiting"]

    def test_a_quota_that_is_used_up_is_3_until_it_is_not(self, there):
        done("submit", *SMALL, *QUICK)
        there.account.faults = {("send", 2): Fault(NotNowError("the quota is used up"), times=50)}
        codes = [invoke("collect")[0] for _ in range(4)]
        assert codes[-1] == 3
        assert told("status")["state"] == "parked"
        there.account.faults = {}
        while told("status")["state"] != "finished":
            assert invoke("collect")[0] in (0, 3)
        assert len(there.account.jobs) == 3

    def test_a_failed_run_is_1_and_keeps_no_other_from_going_on(self, there):
        there.account.fates = {1: Job("", JobState.FAILED, reason="a bad day")}
        done("submit", *SMALL, *QUICK)
        done("submit", *SMALL, *QUICK, "--seed", 1)
        codes = [invoke("collect")[0] for _ in range(10)]
        assert 1 in codes
        states = {run["state"] for run in told("runs")["runs"]}
        assert states == {"failed", "finished"}

    def test_charges_that_come_late_are_asked_for(self, there):
        there.account.charge_looks = 12
        done("run", *SMALL, *QUICK)
        assert told("status", "--offline")["seconds_charged"] < there.account.seconds
        for _ in range(15):
            assert invoke("collect") == (0, "no run waits\n", "")
        found = told("status", "--offline")
        assert found["seconds_charged"] == found["seconds_booked"] == seconds(there)

    def test_what_answers_at_once_is_not_submitted(self, there):
        code, out, err = invoke("submit", "textbook-2", "--backend", "statevector")
        assert (code, out) == (2, "")
        assert "statevector answers at once" in err


class TestOthers:
    def test_runs(self, there):
        done("run", *SMALL, *QUICK)
        done("submit", *SMALL, *QUICK, "--seed", 1)
        out = done("runs")
        assert out.count("textbook-2") == 2
        assert "2/2" in out
        assert [run["state"] for run in told("runs")["runs"]] == ["running", "finished"]

    def test_status_of_a_run_with_a_twin(self, there):
        there.account.doubles = frozenset({1})
        done("run", *SMALL, *QUICK)
        found = told("status")
        assert found["twins"] == 1
        assert len(found["jobs"]) == 4
        assert found["seconds_booked"] == seconds(there)
        out = done("status")
        assert "4, 1 of them twins" in out
        assert "twin" in out

    def test_cancel(self, there):
        there.account.looks = 1000
        done("submit", *SMALL, *QUICK)
        assert "cancelled" in done("cancel")
        assert there.account.jobs["job-1"].job.state is JobState.CANCELLED
        there.account.looks = 1
        done("resume")
        assert told("status")["state"] == "finished"

    def test_export(self, there, tmp_path):
        done("run", *SMALL, *QUICK)
        rows = trace()
        assert len(rows) == 3
        assert float(rows[0]["theta_0"]) == pytest.approx(0.43253681)
        whole = told("export")
        keys = "run trace circuits batches settings versions calibrations events"
        assert whole.keys() == set(keys.split())
        assert whole["trace"]["energy"] == [float(row["energy"]) for row in rows]
        assert done("export", "--format", "json") == done("export", "--json")
        assert "saved" in done("export", "--to", tmp_path / "there")
        files = {path.name for path in (tmp_path / "there").iterdir()}
        assert files == {"trace.csv", "trace.json", "counts.json", "run.json", "circuits"}
        circuit = next((tmp_path / "there" / "circuits").iterdir())
        assert circuit.read_text().startswith("OPENQASM 3.0;")
        code, out, err = invoke("export", "--to", tmp_path / "there")
        assert (code, out) == (2, "")
        assert "is not empty" in err


CRN = "crn:v1:bluemix:public:quantum-computing:us-east:a/0123456789abcdef0123456789abcdef:1-2::"


def test_nothing_of_the_account_is_in_an_export(there):
    there.account.fates = {2: Job("", JobState.FAILED, reason=f"no device in {CRN}")}
    assert invoke("run", *SMALL, *QUICK, "--instance", CRN)[0] == 1
    assert there.options["instance"] == CRN
    for words in (["--json"], ["--format", "csv"]):
        assert "0123456789abcdef" not in done("export", *words)
    done("export", "--to", "there")
    for path in Path("there").rglob("*.*"):
        assert "0123456789abcdef" not in path.read_text()


@pytest.mark.parametrize("command", ["collect", "resume", "cancel", "runs", "status", "verify"])
class TestWrongWords:
    def test_no_ledger(self, there, command, tmp_path):
        code, out, err = invoke(command, "--ledger", "nothing.db")
        assert code in (1, 2)
        assert out == ""
        assert err.startswith("error: ")
        assert err.count("\n") == 1
        assert not list(tmp_path.iterdir())

    def test_no_such_run(self, there, command):
        if command == "runs":
            return
        done("run", *SMALL, *QUICK)
        code, out, err = invoke(command, "zzzz")
        assert code in (1, 2)
        assert out == ""
        assert err.startswith("error: ")
        assert err.count("\n") == 1

    def test_another_file(self, there, command, tmp_path):
        (tmp_path / "text.db").write_text("no ledger\n" * 100)
        code, out, err = invoke(command, "--ledger", "text.db")
        assert code in (1, 2)
        assert out == ""
        assert err.count("\n") == 1
        assert (tmp_path / "text.db").read_text() == "no ledger\n" * 100


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", *SMALL, "--session", "0"], "--session is a whole number of seconds or longest"),
        (["run", *SMALL, "--session", "soon"], "--session is a whole number"),
        (["run", *SMALL, "--dask", "tcp://127.0.0.1:1"], "not both"),
        (
            ["run", "textbook-2", "--max-seconds", "10"],
            "--max-seconds only with a run",
        ),
        (["run", "textbook-2", "--poll", "1", "--grace", "1"], "--poll and --grace only with"),
        (["run", "textbook-2", "--session", "10"], "no option session"),
        (["resume", "--adopt", "x", "--resend"], "not both"),
        (["run", *SMALL, "--sampler-option", "=1"], "--sampler-option is given as"),
    ],
)
def test_wrong_words(there, words, message):
    code, out, err = invoke(*words)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert message in err
    assert not there.account.jobs


@pytest.mark.parametrize(
    "words",
    [
        ["--poll", "0"],
        ["--poll", "nan"],
        ["--grace", "-1"],
        ["--max-seconds", "inf"],
        ["--max-seconds", "much"],
        ["--posts-per-minute", "0"],
        ["--optimization-level", "4"],
        ["--token", "secret"],
    ],
)
def test_wrong_usage_is_told_by_the_parser(there, words):
    code, out, err = invoke("run", *SMALL, *words)
    assert (code, out) == (2, "")
    assert "Error: " in err
    assert "Traceback" not in err


def test_no_command_has_an_option_for_a_token():
    from qng.cli import COMMANDS

    for command in COMMANDS:
        assert "token" not in done(command, "--help").lower()


@pytest.mark.parametrize(
    "words",
    [
        ["metric"],
        ["steps", "--methods", "gd,qng"],
        ["compare", "--methods", "gd", "--starts", "1", "--no-plot"],
    ],
    ids=["metric", "steps", "compare"],
)
def test_what_has_no_ledger_is_refused(there, words):
    command, *more = words
    asked = ["textbook-2", *more, "--backend", "ibm_test", "--shots", 1000]
    code, out, err = invoke(command, *asked)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "ibm_test runs jobs, of which a ledger keeps an account" in err
