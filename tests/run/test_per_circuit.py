"""`PerCircuit`: the same number of shots for every circuit, through every door."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.random import Generator
from typer.testing import CliRunner

import qng
from qng import PerCircuit, optimizers
from qng.circuit.ansatz import hardware_efficient
from qng.cli import application
from qng.errors import InputError
from qng.optimize.optimizer import Optimizer
from qng.optimize.search.armijo import Armijo
from qng.plan.counts import Counts
from qng.plan.deal import Dealing, closing, deal
from qng.plan.request import Request, Samples
from qng.plan.shots import in_words
from qng.report import tables
from qng.run.codec import dumps, loads
from qng.run.preview import step_cost
from tests.executors import Fake
from tests.mixed import Mixed

pytestmark = pytest.mark.filterwarnings("ignore::qng.errors.NoisyMetricWarning")

N = 60


@pytest.mark.parametrize(
    "method", ["gd", "qng", "ng", "qn-spsa", "cqng", "qngg", "rotosolve", "cobyla", "l-bfgs-b"]
)
def test_every_circuit_of_every_round_has_as_many(method: str) -> None:
    device = Fake(name="counter")
    run = qng.minimize("textbook-2", method, steps=3, shots=PerCircuit(N), executor=device)
    points = [n for batch in device.batches for request in batch for n in request.shots]
    assert set(points) == {N}
    assert run.shots == N * len(points) == N * run.nfev
    assert len(device.batches) > 3


@pytest.mark.parametrize("method", ["gd", "qng", "ng", "spsa"])
def test_the_preview_is_what_a_run_spends(method: str) -> None:
    found = step_cost("h2", method, shots=PerCircuit(N))
    assert found.step.shots == N * found.step.points
    for part in (*found.parts.values(), found.closing):
        assert part.shots == N * part.points
    run = qng.minimize("h2", method, steps=2, shots=PerCircuit(N))
    assert run.shots == found.total(2)


@pytest.mark.parametrize("method", [optimizers.cqng(), Optimizer(Armijo(0.5))])
def test_the_preview_of_a_search_counts_its_points(method: Optimizer) -> None:
    found = step_cost("textbook-2", method, shots=PerCircuit(N))
    run = qng.minimize("textbook-2", method, steps=3, shots=PerCircuit(N))
    assert 0 < run.shots <= found.total(3)
    last = np.diff(run.trace["shots"])[-2]
    assert last <= found.step.shots + sum(found.search)
    lines = "\n".join(tables.preview_notes(found, 3))
    assert "shots: as many for every point" in lines
    assert "more shots a step" in lines


def test_a_search_that_does_not_say_its_points_has_no_preview() -> None:
    with pytest.raises(InputError, match="Geodesic asks in further rounds"):
        step_cost("textbook-2", "qngg", shots=PerCircuit(N))


def test_the_error_of_an_energy_is_that_of_its_circuits() -> None:
    """<X> + <Z>, each from N shots: Var = (1 - x^2 + 1 - z^2) / (N - 1), as counted."""
    problem = qng.load("one-qubit")
    found = qng.energy(problem, np.tile(problem.initial, (400, 1)), shots=PerCircuit(N))
    x, z = (
        qng.energy(qng.Problem(problem.circuit, {word: 1.0}, problem.initial)).value
        for word in ("X0", "Z0")
    )
    expected = np.sqrt((2 - x**2 - z**2) / N)
    assert np.std(found.value) == pytest.approx(expected, rel=0.12)
    assert np.sqrt(np.mean(found.std_error**2)) == pytest.approx(expected, rel=0.06)


REPEATED = 600
H = {"Z0 Z1": 1.0, "X0": 0.5, "X1": 0.7}


def covered(value: np.ndarray, error: np.ndarray, exact: np.ndarray) -> float:
    """The share of 1.96 standard errors that hold the value, over entries that have errors."""
    seen = error > 0
    return float(np.mean(np.abs(value - exact)[seen] <= 1.96 * error[seen]))


@pytest.mark.parametrize("shots", [40])
def test_intervals_hold_the_value(shots: int) -> None:
    """Of energies, gradients and metrics, REPEATED independent ones each."""
    problem = qng.Problem(hardware_efficient(2, 1, ("ry",)), H, [0.7, -0.4, 0.9, 1.3])
    points, each = np.tile(problem.initial, (REPEATED, 1)), PerCircuit(shots)
    energy = qng.energy(problem, points, shots=each, seed=1)
    held = {"energy": covered(energy.value, energy.std_error, qng.energy(problem).value)}
    gradient = qng.gradient(problem, points, shots=each, seed=2)
    exact = qng.gradient(problem).value
    held["gradient"] = covered(gradient.value, gradient.std_error, exact)
    for name in ("blocks", "overlaps"):
        found = qng.metric(problem, points, name, shots=each, seed=3)
        values = np.array([m.dense() for m in found])
        errors = np.array([m.std_error for m in found])
        true = qng.metric(problem, None, name).dense()
        held[name] = covered(values, errors, true)
    # 0.95 less what few shots cost; 600 repetitions know it to 0.009.
    assert min(held.values()) > 0.915, held
    assert max(held.values()) < 0.985, held


@dataclass
class Noisy:
    """Counts that are drawn from noisy states, which are worked out once a circuit and point."""

    name: str = "noisy"
    noise: str = "loss and mixing"
    answers: frozenset[type] = frozenset({Samples})
    known: dict[object, Counts] = field(default_factory=dict)

    def run(self, requests: Sequence[Request], seed: int) -> list[tuple[Counts, ...]]:
        rng = np.random.default_rng(seed)
        return [
            tuple(self._drawn(r, phi, int(n), rng) for phi, n in zip(r.angles, r.shots))
            for r in requests
        ]

    def _drawn(self, request: Request, phi: np.ndarray, n: int, rng: Generator) -> Counts:
        key = (request.circuit, request.measure, phi.tobytes())
        if key not in self.known:
            self.known[key] = Mixed()._counts(request, phi)
        found = self.known[key]
        drawn = rng.multinomial(n, found.weights)
        return Counts(found.outcomes[drawn > 0], drawn[drawn > 0] / n, n)


def test_intervals_hold_the_value_with_noise() -> None:
    """Those of the noisy states: of energies and gradients, REPEATED independent ones each."""
    problem = qng.Problem(hardware_efficient(2, 1, ("ry",)), H, [0.7, -0.4, 0.9, 1.3])
    points, each, device = np.tile(problem.initial, (REPEATED, 1)), PerCircuit(40), Noisy()
    truth = {"executor": Mixed(), "shots": 10**6}
    energy = qng.energy(problem, points, shots=each, seed=1, executor=device)
    gradient = qng.gradient(problem, points, shots=each, seed=2, executor=device)
    assert abs(qng.energy(problem, **truth).value - qng.energy(problem).value) > 0.1
    held = (
        covered(energy.value, energy.std_error, qng.energy(problem, **truth).value),
        covered(gradient.value, gradient.std_error, qng.gradient(problem, **truth).value),
    )
    assert 0.915 < min(held) <= max(held) < 0.985, held


def test_it_is_stored_and_decides_what_a_run_is() -> None:
    run = qng.minimize("one-qubit", "qng", steps=2, shots=PerCircuit(N), seed=4)
    assert run.made is not None
    assert run.made.shots == PerCircuit(N)
    again = loads(dumps(run))
    assert again.made.shots == PerCircuit(N)
    assert again.made.digest == run.made.digest
    other = qng.minimize("one-qubit", "qng", steps=2, shots=N, seed=4)
    assert other.made is not None
    assert other.made.digest != run.made.digest


def test_a_comparison_takes_it() -> None:
    found = qng.compare(
        "one-qubit", ["gd", "qng"], starts=2, steps=2, shots=PerCircuit(N), workers=1
    )
    for runs in found.runs.values():
        for run in runs:
            assert run.shots == N * run.nfev
    alone = qng.minimize("one-qubit", "gd", steps=2, shots=PerCircuit(N))
    assert alone.shots == found.runs["gd"][0].shots


def test_a_run_that_was_kept_goes_on_with_it(tmp_path) -> None:
    from qng.run.durable.resume import runs as known

    file = tmp_path / "runs.db"

    def enough(step) -> None:
        if step.step == 1:
            raise KeyboardInterrupt

    whole = qng.minimize("one-qubit", "qng", steps=4, shots=PerCircuit(N), seed=5)
    cut = qng.minimize(
        "one-qubit", "qng", steps=4, shots=PerCircuit(N), seed=5, ledger=file, watch=enough
    )
    assert cut.interrupted
    name = known(file)[0].run
    resumed = qng.resume(name, ledger=file, watch=lambda step: None)
    np.testing.assert_array_equal(resumed.trace["theta"], whole.trace["theta"])
    assert resumed.shots == whole.shots


def test_steps_and_devices_take_it() -> None:
    assert closing(5, PerCircuit(N)) == PerCircuit(N)
    uniform = Dealing(uniform=True, multiple=16)
    np.testing.assert_array_equal(deal(np.array([1.0, 9.0]), PerCircuit(64), uniform), [64, 64])
    with pytest.raises(InputError, match=r"multiples of 16 shots, not 60 a circuit: give 64"):
        deal(np.ones(2), PerCircuit(N), uniform)
    means = qng.energy("h2", shots=PerCircuit(N), executor=Fake(name="counter"))
    assert means.std_error > 0
    assert qng.compare_steps("one-qubit", methods=["gd", "qng"], shots=PerCircuit(N))


def test_hessian_and_curvature_take_it() -> None:
    from qng.run.point import hessian

    assert hessian("one-qubit", shots=PerCircuit(N)).std_error is not None
    assert qng.berry_curvature("one-qubit", None, shots=PerCircuit(N)).std_error is not None


def test_a_tolerance_out_of_reach_says_how_many_a_circuit() -> None:
    run = qng.minimize("one-qubit", "gd", steps=8, tol=1e-7, shots=PerCircuit(N))
    assert "shots a circuit" in run.message


@pytest.mark.parametrize("shots", [1, 0, -5, 2.5, None, True, "many"])
def test_what_is_no_number_of_shots_is_refused(shots: object) -> None:
    with pytest.raises(InputError):
        PerCircuit(shots)


def test_words() -> None:
    assert PerCircuit(1e3) == PerCircuit(1000)
    assert [in_words(s) for s in (None, 10, PerCircuit(10))] == [
        "exact",
        "10 shots a step",
        "10 shots a circuit",
    ]


@dataclass
class Said:
    code: int
    out: str
    err: str


def said(*words: str) -> Said:
    found = CliRunner().invoke(application(words), words)
    return Said(found.exit_code, found.stdout, found.stderr)


def test_the_command_line_has_it(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    each = ("--shots-per-circuit", "60")
    run = said("run", "one-qubit", "--steps", "2", "--optimizer", "gd", *each, "--json")
    assert run.code == 0, run.err
    expected = qng.minimize("one-qubit", "gd", steps=2, shots=PerCircuit(60))
    assert json.loads(run.out)["shots"] == expected.shots
    for words in (
        ("metric", "one-qubit"),
        ("steps", "one-qubit"),
        ("compare", "one-qubit", "--methods", "gd", "--starts", "1", "--steps", "1", "--no-plot"),
    ):
        found = said(*words, *each)
        assert found.code == 0, (words, found.err)
    assert "as many for every point" in said("estimate", "h2", *each).out
    both = said("run", "one-qubit", "--shots", "100", *each)
    assert both.code != 0
    assert both.err.strip() == "error: give --shots or --shots-per-circuit, not both"
