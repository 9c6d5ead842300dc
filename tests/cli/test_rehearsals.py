"""The same commands on devices that are rehearsed here, without an account."""

import json

import pytest

from tests.cli.test_errors import invoke
from tests.cli.test_hardware_commands import done, trace

pytestmark = [
    pytest.mark.filterwarnings("ignore::qng.errors.SurrogateWarning"),
    pytest.mark.filterwarnings("ignore::qng.errors.NoisyMetricWarning"),
]
QUICK = ["--shots", "400", "--steps", "2"]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("backend", ["fake_manila", "generic:3", "aer"])
def test_submitted_and_collected_is_the_run_that_one_waits_for(backend):
    words = ["textbook-2", "--backend", backend, *QUICK]
    done("run", *words, "--ledger", "whole.db")
    done("submit", *words, "--ledger", "cut.db")
    codes = []
    while json.loads(done("status", "--ledger", "cut.db", "--json"))["state"] != "finished":
        codes.append(invoke("collect", "--ledger", "cut.db")[0])
        assert len(codes) < 10
    assert set(codes) <= {0, 3}
    assert trace("--ledger", "cut.db") == trace("--ledger", "whole.db")
    found = json.loads(done("status", "--ledger", "whole.db", "--json"))
    assert [job["id"][:5] for job in found["jobs"]] == ["here-"] * 3
    assert json.loads(done("verify", "--ledger", "cut.db", "--json"))["holds"]


def test_more_steps_than_at_first():
    words = ["textbook-2", "--backend", "generic:3", "--shots", "400"]
    done("run", *words, "--steps", "1", "--ledger", "cut.db")
    done("resume", "--steps", "2", "--ledger", "cut.db")
    found = json.loads(done("status", "--ledger", "cut.db", "--json"))
    assert (found["steps"], found["steps_asked"]) == (2, 2)
    assert json.loads(done("verify", "--ledger", "cut.db", "--json"))["holds"]
    done("run", *words, "--steps", "2", "--ledger", "whole.db")
    assert trace("--ledger", "cut.db")[:2] == trace("--ledger", "whole.db")[:2]


@pytest.mark.parametrize("backend", ["fake_manila", "generic:3", "aer"])
def test_estimates_need_no_account(backend):
    words = ["textbook-2", "--backend", backend, *QUICK]
    found = json.loads(done("estimate", *words, "--json"))
    done("run", *words, "--ledger", "runs.db")
    status = json.loads(done("status", "--ledger", "runs.db", "--json"))
    assert found["jobs"] == len(status["jobs"]) == 3
    assert found["seconds"] == pytest.approx(status["seconds_estimated"], rel=0.01)
    assert found["seconds_left"] is None


def test_a_simulator_that_answers_at_once_is_kept_too():
    done("run", "one-qubit", "--steps", "3", "--ledger", "runs.db")
    found = json.loads(done("status", "--ledger", "runs.db", "--json"))
    assert (found["state"], found["steps"], found["jobs"]) == ("finished", 3, [])
    assert json.loads(done("verify", "--ledger", "runs.db", "--json"))["holds"]
    assert json.loads(done("run", "one-qubit", "--steps", "3", "--json"))["trace"]["energy"] == [
        float(row["energy"]) for row in trace("--ledger", "runs.db")
    ]


def test_a_budget_is_for_devices_that_charge():
    words = ["textbook-2", "--backend", "generic:3", *QUICK, "--ledger", "runs.db"]
    code, out, err = invoke("run", *words, "--max-seconds", 10)
    assert (code, out) == (2, "")
    assert "for devices that charge" in err


@pytest.mark.parametrize("option", [["--session", "10"], ["--instance", "x"], ["--timeout", "3"]])
def test_options_of_a_service(option):
    code, out, err = invoke("run", "textbook-2", "--backend", "generic:3", *QUICK, *option)
    assert (code, out) == (2, "")
    assert f"no option {option[0][2:]}" in err
