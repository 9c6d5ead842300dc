"""`qng estimate` of a device: jobs, executions, QPU time, and what is against the run."""

import json

import pytest

from qng.plan.deal import Dealing
from qng.run.durable.forecast import forecast
from qng.run.minimize import minimize
from tests.cli.elsewhere import Elsewhere, installed
from tests.cli.test_errors import invoke
from tests.clouds import Account

SMALL = "textbook-2"


@pytest.fixture
def there(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    return installed(monkeypatch, Elsewhere())


def estimated(*words):
    code, out, err = invoke("estimate", *words, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_jobs_executions_and_seconds(there):
    found = estimated(SMALL, "--backend", "ibm_test", "--shots", 4000, "--steps", 3)
    assert found["jobs"] == 4
    step, closing = found["step"], found["closing"]
    assert found["executions"] == 3 * step["executions"] + closing["executions"]
    seconds = 4 * 2 + 0.00035 * found["executions"]
    assert found["seconds"] == pytest.approx(seconds)
    assert {"pubs", "rows", "executions", "depth", "payload", "seconds"} <= step.keys()
    assert 0.99 * 4000 <= step["executions"] <= 4000
    assert step["shots"] == step["executions"]
    assert found["seconds_left"] is None
    assert found["price"] is None
    assert there.account.calls["send"] == 0


def test_what_is_left_and_the_price(there):
    there.account.left = 25.0
    words = [SMALL, "--backend", "ibm_test", "--shots", 40_000, "--steps", 3]
    found = estimated(*words, "--price", 1.5)
    assert found["seconds_left"] == 25.0
    assert found["price"] == pytest.approx(1.5 * found["seconds"])
    assert "the account has 25 s left" in found["refused"]
    code, out, err = invoke("estimate", *words, "--price", 1.5)
    assert (code, err) == (0, "")
    assert "3 steps" in out
    assert "the account has 25 s left" in out
    assert "at 1.5 a second" in out
    assert "it will be refused" in out


def test_too_many_executions_of_a_job(there):
    found = estimated(SMALL, "--backend", "ibm_test", "--shots", "2e7", "--steps", 1)
    assert "10 000 000 are allowed" in found["refused"]


def test_steps_without_a_metric_and_searches_are_counted(there):
    words = ["--backend", "ibm_test", "--shots", 40_000, "--steps", 4]
    whole = estimated(SMALL, *words)
    kept = estimated(SMALL, *words, "--every", 2)
    assert kept["jobs"] == whole["jobs"] == 5
    assert kept["executions"] == pytest.approx(whole["executions"], rel=0.01)
    search = estimated(SMALL, *words, "--optimizer", "cqng")
    assert search["jobs"] > 5
    assert search["at_most"]
    assert search["executions"] == pytest.approx(whole["executions"], rel=0.05)


def test_no_step_is_one_job(there):
    found = estimated(SMALL, "--backend", "ibm_test", "--shots", 4000, "--steps", 0)
    assert found["jobs"] == 1
    assert found["executions"] == found["closing"]["executions"]


def test_options_reach_the_device(there):
    words = ["--sampler-option", "twirling.enable_measure=true", "--timeout", 5]
    words += ["--instance", "mine", "--optimization-level", 3]
    estimated(SMALL, "--backend", "ibm_test", "--shots", 4000, *words)
    assert there.options == {
        "options": {"twirling": {"enable_measure": True}},
        "timeout": 5.0,
        "instance": "mine",
        "optimization_level": 3,
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--backend", "ibm_test"], "give --shots"),
        (["--backend", "ibm_test", "--shots", 3], "cannot serve"),
        (["--backend", "ibm_test", "--shots", 4000, "--optimizer", "cobyla"], "asks as it goes"),
        (["--price", 1], "--price is for devices that charge"),
        (["--instance", "mine"], "no option instance"),
        (["--backend", "ibm_test", "--sampler-option", "x"], "twirling.enable_measure=true"),
        (
            ["--backend", "ibm_test", "--sampler-option", "a.b=1", "--sampler-option", "a=1"],
            "twice",
        ),
    ],
)
def test_wrong_words(there, words, message):
    code, out, err = invoke("estimate", SMALL, *words)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert message in err


@pytest.mark.parametrize("multiple", [1, 64])
@pytest.mark.parametrize(("problem", "shots"), [("textbook-2", 4000), ("h2", 20_000)])
def test_a_run_is_what_was_estimated(problem, shots, multiple, tmp_path):
    """To less than a hundredth, whatever its shots are split into from the second step on."""
    account = Account(looks=0)
    device = Elsewhere(account, Dealing(uniform=True, multiple=multiple)).made()
    found = forecast(problem, cloud=device, shots=shots, steps=3)
    assert not account.jobs
    minimize(problem, executor=device, shots=shots, steps=3, ledger=tmp_path / "runs.db")
    jobs = [made.seconds for made in account.jobs.values()]
    assert len(jobs) == found.jobs == 4
    assert sum(jobs) == pytest.approx(found.seconds, rel=0.01)
    assert jobs[0] == found.step.seconds
