"""A batch from its circuits to its counts, as a job of IBM's; and what makes the cloud."""

from __future__ import annotations

import copy
import importlib.metadata
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest

import qng
from qng.errors import InputError, NotNowError, RefusedError, UnknownNameError
from qng.execute.names import executor
from qng.execute.qiskit.ibm import IBM
from qng.plan.cloud import Cloud, JobState
from qng.plan.request import Samples
from tests.execute.qiskit.ibm.journey import SEED, SINCE, Shelf, final, plan, prepared
from tests.loopback import server
from tests.loopback.world import ACCOUNT, CRN, TOKEN


def test_a_batch_is_one_job_whose_counts_are_those_of_its_circuits(world, ibm):
    shelf = Shelf()
    batch = prepared(ibm, shelf, shots=40_000)
    ibm.check(batch)
    job = ibm.send(batch, ["qng-run:1", "qng-key:2", "qng-a:1"], 100.0, shelf)
    assert (world.posts, len(world.jobs)) == (1, 1)
    (made,) = world.jobs
    assert made.id == job
    assert made.tags == ["qng-run:1", "qng-key:2", "qng-a:1"]
    assert made.cost == 100
    done = final(ibm, job)
    assert (done.state, done.seconds) == (JobState.DONE, made.charged)
    found = plan(shots=40_000).reduce(ibm.read(batch, ibm.raw(job, batch)))
    problem = qng.load("textbook-2")
    start = np.asarray(problem.start)
    exact = [qng.energy(problem, start + 0.1 * k).value for k in range(2)]
    # Manila reads out a few percent wrong.
    assert np.all(np.abs(found.value - exact) < 0.15)


def test_what_is_previewed_is_what_the_service_counts(world):
    for twirling in ({}, {"enable_gates": True}, {"enable_measure": True}):
        ibm = IBM("ibm_manila", options={"twirling": twirling} if twirling else None)
        batch = prepared(ibm, points=3, shots=1000, dealing=ibm.dealing)
        ibm.send(batch, ["t"], None, Shelf())
        made = world.jobs[-1]
        assert batch.load.executions == made.program.executions
        assert batch.load.seconds == pytest.approx(made.seconds)
        asked = sum(int(np.sum(request.shots)) for request in batch.requests)
        assert asked == made.program.executions
        sent = next(one.size for one in world.requests[::-1] if one.kind == "submit")
        assert batch.load.payload == pytest.approx(sent, rel=0.05)


def test_twirled_results_are_read(world):
    ibm = IBM("ibm_manila", options={"twirling": {"enable_gates": True, "enable_measure": True}})
    batch = prepared(ibm, points=3, shots=6000, dealing=ibm.dealing)
    job = ibm.send(batch, ["t"], None, Shelf())
    assert final(ibm, job).state is JobState.DONE
    found = plan(points=3, shots=6000, dealing=ibm.dealing).reduce(
        ibm.read(batch, ibm.raw(job, batch))
    )
    plain = IBM("ibm_manila")
    other = prepared(plain, points=3, shots=6000)
    job = plain.send(other, ["t"], None, Shelf())
    final(plain, job)
    again = plan(points=3, shots=6000).reduce(plain.read(other, plain.raw(job, other)))
    assert np.all(np.abs(found.value - again.value) < 6 * (found.std_error + again.std_error))


def test_dynamical_decoupling_changes_circuits_and_no_number(world):
    plain = IBM("ibm_manila")
    ibm = IBM("ibm_manila", options={"dynamical_decoupling": {"enable": True}})
    shelf = Shelf()
    batch = prepared(ibm, shelf)
    job = ibm.send(batch, ["t"], None, shelf)
    assert final(ibm, job).state is JobState.DONE
    assert batch.load.executions == world.jobs[0].program.executions
    assert batch.load == prepared(plain, shelf).load
    assert ibm.read(batch, ibm.raw(job, batch))
    assert ("delay", (0,)) in {(name, qubits[:1]) for name, qubits in world.jobs[0].program.gates}


def test_a_delay_is_one_of_the_device(world):
    for name, delay, told in (
        ("ibm_fez", 0.0003, ""),
        ("ibm_fez", 1.0, "takes a rep_delay of"),
        ("ibm_manila", 1.0, "rep_delay"),
    ):
        ibm = IBM(name, options={"execution": {"rep_delay": delay}})
        batch = prepared(ibm)
        if told:
            with pytest.raises(RefusedError, match=told):
                ibm.check(batch)
        else:
            ibm.check(batch)


def test_readout_is_calibrated_in_the_same_job(world):
    ibm = IBM("ibm_manila", mitigate=4000)
    shelf = Shelf()
    batch = prepared(ibm, shelf, shots=4000)
    job = ibm.send(batch, ["t"], None, shelf)
    final(ibm, job)
    (counts, *_), *_ = ibm.read(batch, ibm.raw(job, batch))
    assert counts.readout is not None
    assert batch.load.executions == world.jobs[0].program.executions
    assert world.posts == 1


def test_batches_are_prepared_and_read_without_a_network_from_a_full_shelf(world, ibm, monkeypatch):
    shelf = Shelf()
    batch = prepared(ibm, shelf)
    job = ibm.send(batch, ["t"], None, shelf)
    final(ibm, job)
    raw = ibm.raw(job, batch)
    before = len(world.requests)
    monkeypatch.setenv("QISKIT_IBM_URL", "http://127.0.0.1:9/experimental")
    for name in ("IAM_URL", "GLOBAL_SEARCH_URL", "GLOBAL_CATALOG_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    other = executor(**ibm.settings)
    again = prepared(other, shelf)
    assert again.load == batch.load
    for mine, theirs in zip(other.read(again, raw), ibm.read(batch, raw)):
        for a, b in zip(mine, theirs):
            assert np.array_equal(a.outcomes, b.outcomes)
            assert np.array_equal(a.weights, b.weights)
    assert len(world.requests) == before
    with pytest.raises(NotNowError, match="cannot be reached") as caught:
        other.check(again)
    assert caught.value.seconds is not None


def test_making_it_reaches_nothing(world):
    ibm = executor("ibm_manila", instance="x", session=600, options={"execution": {}})
    assert isinstance(ibm, Cloud)
    assert (ibm.name, ibm.noise, ibm.answers) == (
        "ibm_manila",
        "noise of ibm_manila",
        frozenset({Samples}),
    )
    assert (ibm.lists, ibm.local, ibm.calibrated) == (True, False, "")
    assert world.requests == []


def test_settings_make_it_again_without_the_token(world):
    given = {"instance": CRN, "token": TOKEN, "session": 600, "mitigate": 100}
    ibm = executor("ibm_manila", **given, options={"twirling": {"enable_gates": True}})
    settings = json.loads(json.dumps(ibm.settings))
    assert executor(**settings).settings == ibm.settings
    shown = f"{settings} {ibm!r} {ibm} {vars(ibm)}"
    assert TOKEN not in shown
    assert TOKEN.encode() not in pickle.dumps(ibm)
    prepared(ibm)
    again = pickle.loads(pickle.dumps(ibm))
    assert TOKEN.encode() not in pickle.dumps(ibm)
    assert again.settings == ibm.settings
    assert prepared(again).load.rows
    assert copy.deepcopy(ibm).account.token == TOKEN


def test_a_token_is_used_in_the_place_of_that_of_the_environment(world, monkeypatch):
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "another-key-that-is-not-known")
    with pytest.raises(NotNowError, match="does not accept the token") as caught:
        prepared(IBM("ibm_manila"))
    assert "another-key" not in str(caught.value)
    assert prepared(IBM("ibm_manila", token=TOKEN)).load.rows


def test_without_an_account_one_line_says_how_to_save_one(world, monkeypatch):
    monkeypatch.delenv("QISKIT_IBM_TOKEN")
    with pytest.raises(NotNowError, match="there is no IBM account here") as caught:
        prepared(IBM("ibm_manila"))
    assert "save_account" in str(caught.value)
    assert world.requests == []


@pytest.mark.parametrize("instance", [CRN.replace("6f1e", "0000"), "no such name"])
def test_a_wrong_instance_is_one_line_without_the_account_number(world, instance):
    with pytest.raises(RefusedError, match="instance") as caught:
        prepared(IBM("ibm_manila", instance=instance))
    assert ACCOUNT not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_instance_is_known_by_its_name_and_found_where_none_is_given(world, monkeypatch):
    assert prepared(IBM("ibm_manila", instance="loopback")).load.rows
    monkeypatch.delenv("QISKIT_IBM_INSTANCE")
    assert prepared(IBM("ibm_manila")).load.rows


@pytest.mark.parametrize("order", [1, -1])
def test_instances_that_may_not_be_used_stand_in_nobodys_way(world, monkeypatch, order):
    plain = server._ANSWERS["search"]

    def several(*asked):
        status, found = plain(*asked)
        (item,) = found["items"]
        other = item | {"crn": CRN.replace("6f1e", "0000"), "name": "other"}
        return status, {"items": [item, other][::order]}

    monkeypatch.setitem(server._ANSWERS, "search", several)
    monkeypatch.delenv("QISKIT_IBM_INSTANCE")
    world.quota = 100.0
    ibm, shelf = IBM("ibm_manila"), Shelf()
    batch = prepared(ibm, shelf)
    job = ibm.send(batch, ["t"], None, shelf)
    for again in (ibm, IBM("ibm_manila"), IBM("ibm")):
        assert final(again, job).seconds
        assert [one.id for one in again.jobs("t", SINCE)] == [job]
        assert again.left() == pytest.approx(100 - world.charged)
        assert again.raw(job, batch)
        again.cancel(job)
    assert prepared(IBM("ibm")).load.rows
    with pytest.raises(UnknownNameError):
        prepared(IBM("ibm_nowhere"))


def test_a_backend_that_is_not_there_is_named_with_the_nearest(world):
    with pytest.raises(UnknownNameError, match=r"did you mean ibm_manila\?"):
        prepared(IBM("ibm_manilla"))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"channel": "ibm_quantum"}, "unknown channel"),
        ({"timeout": 0}, "timeout"),
        ({"session": 0}, "session"),
        ({"optimization_level": 4}, "optimization_level"),
        ({"mitigate": -1}, "mitigate"),
        ({"token": 3}, "token is text"),
        ({"nothing": 3}, "has no option nothing"),
        ({"options": {"twirl": {}}}, "twirl"),
    ],
)
def test_options_that_do_not_exist_are_refused_at_once(world, given, told):
    with pytest.raises(InputError, match=told):
        executor("ibm_manila", **given)


@pytest.mark.parametrize(
    ("version", "told"),
    [
        (None, r"needs the package qiskit-ibm-runtime: pip install .*\[ibm\]"),
        ("0.49.1", r"0\.49\.1 is too old, 0\.50 or newer is needed: pip install -U"),
    ],
)
def test_a_client_that_is_missing_or_too_old_is_told_of(monkeypatch, version, told):
    def installed(name):
        if version is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(importlib.metadata, "version", installed)
    with pytest.raises(InputError, match=told):
        executor("ibm_manila")


def test_making_it_does_not_import_the_client():
    code = (
        "import sys, qng; qng.executor('ibm_manila', session=True).settings; "
        "print('qiskit_ibm_runtime' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_least_busy_is_chosen_once_a_run(world):
    world.known["ibm_manila"].queue = 3
    world.known["ibm_fez"].queue = 5
    shelf = Shelf()
    ibm = IBM("ibm")
    assert ibm.name == "ibm"
    settings = ibm.settings
    prepared(ibm, shelf)
    assert (ibm.name, ibm.settings) == ("ibm_manila", settings)
    world.known["ibm_manila"].queue = 9
    other = IBM(**settings)
    prepared(other, shelf)
    assert other.name == "ibm_manila"
    another = IBM("ibm")
    prepared(another)
    assert another.name == "ibm_fez"


def test_the_least_busy_is_neither_paused_nor_in_maintenance_and_has_enough_qubits(world):
    world.known["ibm_fez"].queue = 5
    world.known["ibm_manila"].status = "maintenance"
    ibm = IBM("ibm")
    prepared(ibm)
    assert ibm.name == "ibm_fez"
    world.known["ibm_fez"].operational = False
    with pytest.raises(NotNowError, match="no backend with 2 qubits takes jobs now"):
        prepared(IBM("ibm"))


@pytest.mark.parametrize("state", ["maintenance", "internal", "paused"])
def test_a_device_that_takes_no_jobs_now_is_waited_for(world, ibm, state):
    batch = prepared(ibm)
    world.known["ibm_manila"].status = state
    world.known["ibm_manila"].operational = state != "paused"
    with pytest.raises(NotNowError, match="ibm_manila is") as caught:
        ibm.check(batch)
    assert caught.value.seconds is None
    assert world.posts == 0


def test_a_new_calibration_is_looked_at_before_every_job(world, ibm):
    batch = prepared(ibm)
    world.known["ibm_manila"].calibrated = "2026-11-28T12:00:00+00:00"
    ibm.check(batch)
    assert ibm.calibrated == "2026-11-28T12:00:00+00:00"
    used = min(q for pub in batch.packet.packet.pubs for q in _physical(pub.circuit))
    for change in ({"lost_gates": ["sx"]}, {"lost_qubits": [used]}):
        for name, value in change.items():
            getattr(world.known["ibm_manila"], name).extend(value)
        with pytest.raises(RefusedError) as caught:
            ibm.check(batch)
        assert caught.value.retranspile
        world.mend()
    ibm.check(batch)


def test_circuits_are_made_anew_for_the_device_as_it_is_now(world, ibm):
    shelf = Shelf()
    batch = prepared(ibm, shelf)
    used = {q for pub in batch.packet.packet.pubs for q in _physical(pub.circuit)}
    world.known["ibm_manila"].lost_qubits.append(min(used))
    with pytest.raises(RefusedError):
        ibm.check(batch)
    again = ibm.prepare(plan().requests, SEED, shelf, anew=True)
    ibm.check(again)
    now = {q for pub in again.packet.packet.pubs for q in _physical(pub.circuit)}
    assert min(used) not in now


def _physical(circuit):
    for one in circuit.data:
        yield from (circuit.find_bit(qubit).index for qubit in one.qubits)


def test_the_time_that_is_left_is_told(world, ibm):
    assert ibm.left() is None
    world.quota = 100.0
    job = ibm.send(prepared(ibm), ["t"], None, Shelf())
    final(ibm, job)
    assert ibm.left() == pytest.approx(100 - world.charged)
    world.quota = 1.0
    assert ibm.left() == 0.0
    with pytest.raises(NotNowError, match="no time left"):
        ibm.send(prepared(ibm), ["t"], None, Shelf())


def test_a_saved_account_is_found(world, loopback, monkeypatch, tmp_path):
    for name in ("TOKEN", "INSTANCE", "CHANNEL"):
        monkeypatch.delenv(f"QISKIT_IBM_{name}")
    folder = tmp_path / ".qiskit"
    folder.mkdir()
    url = loopback.environment("")["QISKIT_IBM_URL"]
    account = {"channel": "ibm_quantum_platform", "token": TOKEN, "instance": CRN, "url": url}
    (folder / "qiskit-ibm.json").write_text(
        json.dumps({"default-ibm-quantum-platform": account | {"verify": True}})
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("QISKIT_IBM_URL")
    # The client looks for its file once, when it is imported.
    file = "qiskit_ibm_runtime.accounts.management._DEFAULT_ACCOUNT_CONFIG_JSON_FILE"
    monkeypatch.setattr(file, str(folder / "qiskit-ibm.json"))
    assert prepared(IBM("ibm_manila")).load.rows
    assert world.requests


def test_a_job_that_is_not_there_is_refused_in_one_line(world, ibm):
    with pytest.raises(RefusedError, match="has no job nothing"):
        ibm.job("nothing")


def test_an_empty_batch_sends_nothing(world, ibm):
    batch = ibm.prepare((), SEED, Shelf())
    assert batch.load.executions == 0
    assert ibm.read(batch, "") == []


def test_a_job_is_known_also_where_the_client_stumbles_after_it_was_made(world, ibm, monkeypatch):
    def stumbles(**_):
        raise KeyError("backend")

    batch = prepared(ibm)
    monkeypatch.setattr("qiskit_ibm_runtime.qiskit_runtime_service.RuntimeJobV2", stumbles)
    job = ibm.send(batch, ["t"], None, Shelf())
    assert [one.id for one in ibm.jobs("t", SINCE)] == [job]
