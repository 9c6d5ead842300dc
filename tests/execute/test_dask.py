"""A cluster gives the local results to the last bit, also where a worker dies."""

import json
import os
import pickle
import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import qng
from qng.circuit.ansatz import real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import Pauli, PauliSum
from qng.cli import application
from qng.errors import InputError, QngError, SingularMetricError, SurrogateWarning, UnknownNameError
from qng.execute import cluster as clusters
from qng.execute.cluster import Cluster, connected
from qng.execute.dask import Dask
from qng.execute.function import Function
from qng.execute.statevector.executor import Statevector
from qng.plan.counts import Counts
from qng.plan.executor import dealing_of
from qng.plan.request import (
    Expectation,
    Gradient,
    Overlap,
    Probabilities,
    Request,
    Samples,
    State,
    Tangent,
    Values,
)
from qng.run.compare import compare
from qng.testing import check_executor
from qng.threads import limited

pytest.importorskip("distributed")

H = PauliSum({"I": 0.3, "Z0 X1": 1.0, "Y2": -0.6, "X0 X1 X2": 0.2})


def local_cluster(**options: Any) -> Any:
    """A small cluster on this machine, without a dashboard."""
    from distributed import LocalCluster

    return LocalCluster(
        threads_per_worker=1,
        dashboard_address=":0",
        worker_dashboard_address=None,
        silence_logs=50,
        **options,
    )


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Of a cluster of two processes."""
    from distributed import Client

    with (
        local_cluster(n_workers=2) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        client.wait_for_workers(2, timeout=60)
        yield client


@pytest.fixture
def cut_finely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small batches are spread too."""
    monkeypatch.setattr(Statevector, "worth_a_task", 1)


def requests(shots: int | None = 50) -> list[Request]:
    """All measures, with different numbers of points, one of them none."""
    rng = np.random.default_rng(3)
    found = []
    for n_points, measure in (
        (7, Samples(Pauli.parse("Z0 X2"))),
        (1, Expectation(H)),
        (0, Samples(Pauli.parse("Z1"))),
        (5, Gradient(H)),
        (9, Samples(Pauli.parse("Y1"))),
        (6, Overlap(rng.normal(size=(6, 6)))),
        (3, State()),
        (4, Probabilities()),
        (8, Expectation(H)),
    ):
        drawn = isinstance(measure, Samples) and shots is not None
        numbers = shots + np.arange(n_points) if drawn else None
        angles = rng.normal(size=(n_points, 6))
        found.append(Request(real_amplitudes(3, 1), angles, measure, shots=numbers))
    return found


def answers(executor: Any, batch: list[Request], seed: int = 5) -> list[Any]:
    return executor.run(batch, seed)


def plain(result: Any) -> Any:
    """Nested tuples of bytes, shapes and types."""
    if isinstance(result, (Values, Counts)):
        return tuple(plain(value) for value in vars(result).values())
    if isinstance(result, tuple):
        return tuple(map(plain, result))
    if isinstance(result, np.ndarray):
        return result.shape, result.dtype, result.tobytes()
    return result


def same_runs(one: Any, other: Any) -> None:
    """Bit by bit at equal threads, but for the time it took."""
    assert list(one.runs) == list(other.runs)
    for method, runs in one.runs.items():
        for a, b in zip(runs, other.runs[method], strict=True):
            assert (a.message, a.nfev, a.fun) == (b.message, b.nfev, b.fun)
            for column in set(a.trace.columns) - {"seconds"}:
                np.testing.assert_array_equal(a.trace[column], b.trace[column])


class TestExecutor:
    @pytest.mark.usefixtures("cut_finely")
    def test_contract(self, client: Any) -> None:
        check_executor(Dask(client), shots=500)

    @pytest.mark.usefixtures("cut_finely")
    @pytest.mark.parametrize("shots", [50, None])
    def test_results_are_the_local_ones_to_the_last_bit(
        self, client: Any, shots: int | None
    ) -> None:
        batch = requests(shots)
        with limited(1):
            local = answers(Statevector(threads=1), batch)
        assert plain(tuple(answers(Dask(client), batch))) == plain(tuple(local))

    def test_derivative_states(self, client: Any) -> None:
        rng = np.random.default_rng(4)
        circuit = real_amplitudes(4, 2)
        jacobian = rng.normal(size=(12, 5))
        request = Request(circuit, rng.normal(size=(1, 12)), Tangent(jacobian))
        v = rng.normal(size=5)
        w = rng.normal(size=16) + 1j * rng.normal(size=16)
        (far,) = answers(Dask(client), [request])
        with limited(1):
            (near,) = answers(Statevector(threads=1), [request])
            for what in ("state", "dense", "gram", "jvp", "vjp"):
                given = {"jvp": (v,), "vjp": (w,)}.get(what, ())
                pair = [getattr(tangent, what) for tangent in (far, near)]
                a, b = (f(*given) if callable(f) else f for f in pair)
                assert plain(a) == plain(b)

    def test_requests_of_a_function_are_spread(self, client: Any) -> None:
        def toss(circuit: Circuit, qubits: tuple[int, ...], shots: int, rng: Any) -> dict[int, int]:
            ones = int(rng.binomial(shots, 0.5))
            return {0: shots - ones, 1 << qubits[0]: ones}

        batch = [r for r in requests() if isinstance(r.measure, Samples)]
        far, near = Dask(client, Function(toss, "coins", "chance")), Function(toss)
        assert (far.name, far.noise, far.answers) == ("dask:coins", "chance", near.answers)
        assert plain(tuple(answers(far, batch))) == plain(tuple(answers(near, batch)))

    @pytest.mark.parametrize("name", ["aer", "generic:3", "pennylane:default.qubit"])
    def test_other_executors(self, client: Any, name: str) -> None:
        pytest.importorskip("pennylane" if name.startswith("pennylane") else "qiskit_aer")
        circuit = real_amplitudes(3, 1)
        problem = qng.Problem(circuit, H, np.linspace(0.2, 1.4, circuit.n_parameters))
        near = qng.executor(name)

        def estimates(executor: Any) -> list[np.ndarray]:
            slope = qng.gradient(problem, executor=executor, shots=3000, seed=8)
            metric = qng.metric(problem, estimator="blocks", executor=executor, shots=900, seed=9)
            assert metric.std_error is not None
            return [slope.value, slope.std_error, metric.dense(), metric.std_error]

        with limited(1), warnings.catch_warnings():
            warnings.simplefilter("ignore", SurrogateWarning)
            local = estimates(near)
            # What it has in its caches now does not go with it.
            far = estimates(Dask(client, near))
        assert plain(tuple(far)) == plain(tuple(local))
        assert np.all(local[1] > 0)

    def test_shots_are_dealt_out_as_the_executor_runs_them(self, client: Any) -> None:
        qiskit = pytest.importorskip("qiskit.providers.basic_provider")
        from qng.execute.qiskit.primitives import Primitives

        assert dealing_of(Dask(client, Primitives(qiskit.BasicSimulator()))).uniform
        assert not dealing_of(Dask(client)).uniform

    def test_runs(self, client: Any, cut_finely: None) -> None:
        for options in ({}, {"shots": 4000}):
            with limited(1):
                far = qng.minimize("h2", steps=3, seed=2, executor=Dask(client), **options)
                near = qng.minimize(
                    "h2", steps=3, seed=2, executor=Statevector(threads=1), **options
                )
            assert far.nfev == near.nfev
            for column in set(far.trace.columns) - {"seconds"}:
                np.testing.assert_array_equal(far.trace[column], near.trace[column])

    def test_bad_batches_are_refused(self, client: Any) -> None:
        device = Dask(client, Statevector(memory=100))
        with pytest.raises(InputError, match="the limit is"):
            device.run(requests(), 0)

    def test_threads(self, client: Any) -> None:
        assert Dask(client).executor == Statevector(1)
        assert Dask(client, Statevector(3, 2**20)).threads == 3
        assert Dask(client, Statevector(), threads=2).executor == Statevector(2)

    def test_errors_of_a_worker_are_those_of_the_executor(self, client: Any) -> None:
        def refuses(*_: Any) -> dict[int, int]:
            raise SingularMetricError("no")

        def unknown(*_: Any) -> dict[int, int]:
            raise UnknownNameError("thing", "a", ["b"])

        batch = [requests()[0]]
        for run, error, message in (
            (refuses, SingularMetricError, "no"),
            (unknown, InputError, "unknown thing 'a'; known: b"),
            (lambda *_: 1 / 0, ZeroDivisionError, "division by zero"),
            (lambda *_: {0: 1}, InputError, "returned 1 counts where 5. shots"),
        ):
            with pytest.raises(error, match=message):
                answers(Dask(client, Function(run)), batch)

    def test_what_cannot_be_sent_is_refused(self, client: Any) -> None:
        lock = threading.Lock()
        device = Dask(client, Function(lambda *_: {0: lock}))
        with pytest.raises(InputError, match=r"cannot be sent to workers: .*pickle"):
            answers(device, [requests()[0]])


class TestCompare:
    def test_results_are_the_local_ones_to_the_last_bit(self, client: Any) -> None:
        calls: list[tuple[int, int]] = []
        arguments: dict[str, Any] = {"starts": 3, "steps": 4, "seed": 6, "threads": 1}
        for shots in (None, 3000):
            far = compare(
                "h2",
                ["gd", "qng"],
                **arguments,
                shots=shots,
                dask=client,
                progress=lambda *call: calls.append(call),
            )
            same_runs(far, compare("h2", ["gd", "qng"], **arguments, shots=shots))
        assert calls == [(k, 6) for k in range(1, 7)] * 2

    def test_bad_input_is_refused_before_it_is_sent(
        self, client: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Cluster, "map", None)
        for wrong in ({"steps": -1}, {"workers": 2}, {"shots": 1}, {"tol": -1.0}):
            with pytest.raises(InputError, match=r"steps must|not both|1 shots|tol must"):
                compare("one-qubit", ["qng"], dask=client, **wrong)


class TestCommandLine:
    @pytest.mark.parametrize("command", [["run"], ["compare", "--starts", "2", "--methods", "gd"]])
    def test_the_same_output(self, client: Any, command: list[str]) -> None:
        args = [*command[:1], "one-qubit", *command[1:], "--steps", "3", "--json"]
        near = CliRunner().invoke(application(), args)
        far = CliRunner().invoke(application(), [*args, "--dask", client.scheduler.address])
        assert (far.exit_code, far.stderr) == (0, "")
        assert without_times(far.stdout) == without_times(near.stdout)

    def test_no_cluster_is_one_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clusters, "_SECONDS_TO_CONNECT", 0.3)
        for command in ("run", "compare"):
            args = [command, "one-qubit", "--dask", "tcp://127.0.0.1:1"]
            result = CliRunner().invoke(application(), args)
            assert (result.exit_code, result.stdout) == (2, "")
            assert result.stderr.startswith("error: no cluster answers at tcp://127.0.0.1:1: give")
            assert result.stderr.count("\n") == 1


def without_times(text: str) -> Any:
    def cleaned(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: cleaned(value) for key, value in item.items() if "second" not in key}
        return [cleaned(value) for value in item] if isinstance(item, list) else item

    return cleaned(json.loads(text))


class TestConnection:
    def test_a_file_and_an_address(self, client: Any, tmp_path: Any) -> None:
        place = tmp_path / "scheduler.json"
        place.write_text(json.dumps({"address": client.scheduler.address}))
        for where in (place, str(place), client.scheduler.address):
            with connected(where) as cluster:
                assert cluster.owned
                assert cluster.address == client.scheduler.address
                assert cluster.slots == 2
            assert cluster.client.status == "closed"
        with connected(client):
            pass
        assert client.status == "running"

    @pytest.mark.parametrize("where", ["tcp://127.0.0.1:1", "nothing://here", "tcp://127.0.0.1:x"])
    def test_no_answer(self, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clusters, "_SECONDS_TO_CONNECT", 0.3)
        began = time.monotonic()
        with pytest.raises(InputError, match=f"no cluster answers at {where}"):
            connected(where)
        assert time.monotonic() - began < 5

    @pytest.mark.parametrize("where", ["", None, 8786])
    def test_no_address(self, where: Any) -> None:
        with pytest.raises(InputError, match="address of its scheduler"):
            connected(where)

    def test_no_scheduler_file(self, tmp_path: Any) -> None:
        broken = tmp_path / "broken.json"
        broken.write_text("[]")
        for path in (broken, tmp_path / "none.json"):
            with pytest.raises(InputError, match="no scheduler file"):
                connected(path)

    def test_the_extra_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "distributed", None)
        with pytest.raises(InputError, match=r"quantum-natural-gradient\[dask\]"):
            connected("tcp://127.0.0.1:8786")

    def test_no_workers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clusters, "_SECONDS_BETWEEN_LOOKS", 0.1)
        monkeypatch.setattr(clusters, "_SECONDS_WITHOUT_WORKERS", 0.3)
        with local_cluster(n_workers=1, processes=False) as cluster:
            with connected(cluster) as workers:
                lost = workers.map(lambda k: time.sleep(0.5) or k, range(4))
                assert next(lost) == (0, 0)
                cluster.scale(0)
                with pytest.raises(QngError, match="without workers for"):
                    list(lost)
            with pytest.raises(InputError, match="no workers: start some with `dask worker"):
                Dask(cluster)


class TestKilledWorker:
    """Nothing is lost and nothing doubled."""

    def test_in_a_batch(self, client: Any, tmp_path: Any) -> None:
        log = tmp_path / "log"

        def slow(circuit: Circuit, qubits: tuple[int, ...], shots: int, rng: Any) -> dict[int, int]:
            first = not started()
            with log.open("a") as file:
                file.write(f"{os.getpid()}\n")
            time.sleep(20 if first else 0.0)  # it is killed meanwhile
            ones = int(rng.binomial(shots, 0.5))
            return {0: shots - ones, 1 << qubits[0]: ones}

        def started() -> list[int]:
            return [int(line) for line in log.read_text().split()] if log.exists() else []

        def kill() -> None:
            while not started():
                time.sleep(0.01)
            os.kill(started()[0], signal.SIGKILL)

        batch = [requests()[0]] * 3
        killer = threading.Thread(target=kill)
        killer.start()
        far = answers(Dask(client, Function(slow)), batch)
        killer.join()
        runs = started()
        assert len(runs) > 21  # what the dead worker had begun was done again
        near = answers(Function(slow), batch)
        assert plain(tuple(far)) == plain(tuple(near))
        client.wait_for_workers(2, timeout=60)

    def test_in_a_comparison(self, client: Any) -> None:
        calls: list[int] = []
        hit: list[str] = []

        def progress(done: int, _: int) -> None:
            calls.append(done)
            if not hit:
                hit.append(next(at for at, tasks in client.processing().items() if tasks))
                os.kill(client.run(os.getpid)[hit[0]], signal.SIGKILL)

        arguments: dict[str, Any] = {"starts": 6, "steps": 30, "threads": 1}
        far = compare("h2", ["gd", "qng"], **arguments, dask=client, progress=progress)
        assert calls == list(range(1, 13))
        assert hit[0] not in client.nthreads()
        same_runs(far, compare("h2", ["gd", "qng"], **arguments))
        client.wait_for_workers(2, timeout=60)


def test_a_circuit_and_a_request_pickle() -> None:
    for request in requests():
        twin = pickle.loads(pickle.dumps(request))
        assert twin.same_point(request)
        assert twin.measure == request.measure


@pytest.mark.parametrize(
    "name", ["aer", "generic:3", "pennylane:default.qubit", "pennylane:lightning.qubit"]
)
def test_a_used_executor_pickles(name: str) -> None:
    pytest.importorskip("pennylane" if name.startswith("pennylane") else "qiskit_aer")
    batch = requests()[:1]
    near = qng.executor(name)
    expected = plain(tuple(answers(near, batch)))
    twin = pickle.loads(pickle.dumps(near))
    assert (twin.name, twin.noise, twin.answers) == (near.name, near.noise, near.answers)
    assert plain(tuple(answers(twin, batch))) == expected
    assert plain(tuple(answers(near, batch))) == expected
