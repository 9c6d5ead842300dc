"""Problems that are made to have one fault each, whose truth is known without a diagnosis.

An instance is drawn until the fault is there, by closed forms of product states, by energies of
spins, by exhaustive search or by many minimisations, and not by the rules that are tested.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import minimize as scipy_minimize

import qng
from qng.circuit.angle import parameter
from qng.circuit.ansatz import hardware_efficient, qaoa
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.execute.statevector.executor import Statevector
from qng.plan.counts import Counts
from qng.plan.request import Samples
from qng.seeds import generator
from tests import dense


@dataclass(frozen=True)
class Case:
    """An instance with a fault.

    Args:
        target: A problem, or a run.
        theta: The point; None: that of the run.
        right: Verdicts that are true of it and name the fault.
        from_shots: The same where all is measured.
        options: Of `qng.diagnose`.
        allowed: Further verdicts that are true of it, although they do not name the fault.
        sampled: Whether it can be seen from shots alone, without a run.
    """

    target: Any
    theta: Any
    right: frozenset[str]
    from_shots: frozenset[str] = frozenset()
    options: dict[str, Any] = field(default_factory=dict)
    allowed: frozenset[str] = frozenset()
    sampled: bool = True


class Noisy:
    """A shot in `one_in` shows random bits; equal seeds give equal counts."""

    name, noise = "noisy", "random bits"
    answers = frozenset({Samples})

    def __init__(self, one_in: float = 10.0) -> None:
        self.share = 1 / one_in

    def run(self, requests: Any, seed: int) -> list[Any]:
        """The counts of a batch."""
        found = Statevector(threads=1).run(requests, seed)
        return [
            tuple(self._disturbed(c, request, (seed, n, k)) for k, c in enumerate(points))
            for n, (request, points) in enumerate(zip(requests, found))
        ]

    def _disturbed(self, counts: Any, request: Any, key: Any) -> Counts:
        rng, qubits = generator(key), request.measure.basis.qubits
        shown = np.repeat(counts.outcomes, np.rint(counts.weights * counts.shots).astype(int))
        lost = rng.random(len(shown)) < self.share
        bits = rng.integers(0, 2, (int(lost.sum()), len(qubits)))
        shown[lost] = bits @ (1 << np.array(qubits, dtype=np.int64))
        outcomes, times = np.unique(shown, return_counts=True)
        return Counts.of(outcomes.tolist(), times.tolist())


def _turns(n: int, axis: str = "Y") -> Circuit:
    """A rotation of every qubit."""
    names = tuple(f"t{q}" for q in range(n))
    return Circuit(
        n, tuple(Rotation(Pauli.parse(f"{axis}{q}"), parameter(names[q])) for q in range(n)), names
    )


def _ground(h: PauliSum, n: int) -> float:
    return float(np.linalg.eigvalsh(dense.pauli_sum(h, n))[0])


def _lowest(problem: qng.Problem, rng: Any, starts: int) -> list[tuple[float, np.ndarray]]:
    """Minima from random starts by SciPy's BFGS on the dense energy, the lowest first."""
    n, h = problem.circuit.n_qubits, dense.pauli_sum(problem.observable, problem.circuit.n_qubits)
    del n

    def energy(theta: np.ndarray) -> float:
        psi = dense.state(problem.circuit, theta)
        return float((psi.conj() @ h @ psi).real)

    size = problem.circuit.n_parameters
    found = []
    for _ in range(starts):
        at = rng.uniform(-np.pi, np.pi, size)
        best = scipy_minimize(energy, at, method="BFGS", options={"gtol": 1e-6})
        found.append((float(best.fun), np.asarray(best.x)))
    return sorted(found, key=lambda pair: pair[0])


def _chain(n: int, rng: Any) -> PauliSum:
    """A chain of random couplings in random fields."""
    terms = {f"Z{q} Z{q + 1}": rng.uniform(0.5, 1.5) for q in range(n - 1)}
    terms |= {f"X{q}": rng.uniform(0.5, 1.0) for q in range(n)}
    return PauliSum(terms)


def barren(seed: int) -> Case:
    """The product of all Z on 12 qubits, or on 10 behind two layers; grad E is shorter than 0.12.

    From there gradient descent at a rate of 0.1 takes more than 100 steps to gain half.
    """
    rng = np.random.default_rng([seed, 1])
    n, circuit = (12, _turns(12)) if seed % 4 else (10, hardware_efficient(10, 2))
    h = PauliSum({" ".join(f"Z{q}" for q in range(n)): 1.0})
    signs = (-1.0) ** np.bitwise_count(np.arange(2**n))
    while True:
        theta = rng.uniform(-np.pi, np.pi, circuit.n_parameters)
        shifted = np.pi / 2 * np.eye(len(theta))
        states = dense.state(circuit, np.concatenate([theta + shifted, theta - shifted]))
        plus, minus = np.split(np.abs(states) ** 2 @ signs, 2)
        if np.linalg.norm(plus - minus) / 2 < 0.12 and np.abs(plus - minus).max() / 2 < 0.05:
            break
    problem = qng.Problem(circuit, h, accuracy=0.05)
    right = frozenset({"plateau"})
    return Case(problem, theta, right, right)


def no_influence(seed: int) -> Case:
    """The observable is of qubits to which no rotation leads."""
    rng = np.random.default_rng([seed, 2])
    n = int(rng.integers(2, 5))
    ops: list[Any] = [Gate("h", (n,)), Gate("s", (n,))]
    names = [f"t{k}" for k in range(2 * n)]
    for layer in range(2):
        ops += [
            Rotation(Pauli.parse(f"{'YX'[layer]}{q}"), parameter(names[layer * n + q]))
            for q in range(n)
        ]
        ops += [Gate("cx", (q, q + 1)) for q in range(n - 1)]
    circuit = Circuit(n + 1, tuple(ops), tuple(names))
    h = PauliSum({f"X{n}": rng.normal(), f"Y{n}": rng.normal(), f"Z{n}": rng.normal() + 2})
    theta = rng.uniform(-np.pi, np.pi, 2 * n)
    right = frozenset({"no-influence"})
    return Case(qng.Problem(circuit, h, accuracy=1e-3), theta, right, right)


def converged(seed: int) -> Case:
    """The global minimum of two qubits, by a circuit that reaches all real states."""
    rng = np.random.default_rng([seed, 3])
    circuit = hardware_efficient(2, 2, ("ry",), "cz")
    problem = qng.Problem(circuit, _chain(2, rng), accuracy=0.05)
    while True:
        energy, theta = _lowest(problem, rng, 3)[0]
        if energy - _ground(problem.observable, 2) < 1e-6:
            break
    right = frozenset({"solved"})
    return Case(problem, theta, right, right)


def _spins(n: int, rng: Any) -> tuple[PauliSum, np.ndarray, Callable[[Any], float]]:
    """Random couplings of classical spins, their matrix, and the energy of a configuration."""
    j = np.triu(rng.normal(size=(n, n)), 1)
    h = PauliSum({f"Z{a} Z{b}": j[a, b] for a in range(n) for b in range(a + 1, n)})
    return h, j, lambda s: float(np.asarray(s) @ j @ np.asarray(s))


def local_minimum(seed: int) -> Case:
    """A frustrated configuration from which no single spin leads down, though others are lower."""
    rng = np.random.default_rng([seed, 4])
    n = 5
    while True:
        h, j, energy = _spins(n, rng)
        both = j + j.T
        all_ = [np.array(s) for s in product((-1.0, 1.0), repeat=n)]
        lowest = min(energy(s) for s in all_)
        # E = s J s of means in [-1, 1]: a flip of spin k changes it by -2 s_k (both s)_k.
        stable = [s for s in all_ if np.all(s * (both @ s) < -0.2) and energy(s) > lowest + 0.3]
        if stable:
            break
    spins = stable[int(rng.integers(len(stable)))]
    theta = np.where(spins > 0, 0.0, np.pi)
    problem = qng.Problem(_turns(n), h, accuracy=0.05)
    right = frozenset({"local-minimum"})
    return Case(problem, theta, right, frozenset({"minimum"}))


def saddle(seed: int) -> Case:
    """A configuration from which one spin leads down, where all slopes vanish."""
    rng = np.random.default_rng([seed, 5])
    n = 5
    while True:
        h, j, _ = _spins(n, rng)
        both = j + j.T
        spins = rng.choice([-1.0, 1.0], n)
        if np.any(spins * (both @ spins) > 0.3):
            break
    theta = np.where(spins > 0, 0.0, np.pi)
    problem = qng.Problem(_turns(n), h, accuracy=0.05)
    right = frozenset({"saddle"})
    return Case(problem, theta, right, right)


def null_space(seed: int) -> Case:
    """Rotations that follow each other about the same axis; what else there is may hold as well."""
    rng = np.random.default_rng([seed, 6])
    n = 2
    names = [f"t{k}" for k in range(3 * n)]
    ops: list[Any] = []
    for q in range(n):
        ops += [
            Rotation(Pauli.parse(f"Y{q}"), parameter(names[3 * q])),
            Rotation(Pauli.parse(f"Y{q}"), parameter(names[3 * q + 1])),
        ]
        ops += [Rotation(Pauli.parse(f"X{q}"), parameter(names[3 * q + 2]))]
    ops += [Gate("cx", (0, 1))]
    problem = qng.Problem(Circuit(n, tuple(ops), tuple(names)), _chain(n, rng), accuracy=0.05)
    theta = rng.uniform(-np.pi, np.pi, 3 * n)
    return Case(
        problem,
        theta,
        frozenset({"null-space"}),
        allowed=frozenset({"descending", "local-minimum", "shallow"}),
        sampled=False,
    )


def long_step(seed: int) -> Case:
    """Ten times a rate that works: by gradient descent on two qubits."""
    rng = np.random.default_rng([seed, 7])
    circuit = hardware_efficient(2, 2, ("ry",), "cz")
    while True:
        problem = qng.Problem(circuit, _chain(2, rng), accuracy=0.02)
        start = rng.uniform(-np.pi, np.pi, circuit.n_parameters)
        good = qng.minimize(problem, "gd", start=start, lr=0.2, steps=200)
        run = qng.minimize(problem, "gd", start=start, lr=2.0, steps=30)
        energies = run.trace["energy"]
        up = np.diff(energies[-11:])
        if good.solved and up.max() > 0.1 and energies[-11:].min() > run.reference + 0.05:
            break
    return Case(run, None, frozenset({"long-step"}), sampled=False)


def shallow(seed: int) -> Case:
    """The lowest product state of a chain whose ground state is entangled."""
    rng = np.random.default_rng([seed, 8])
    n = 3
    while True:
        problem = qng.Problem(_turns(n), _chain(n, rng), accuracy=0.05)
        energy, theta = _lowest(problem, rng, 12)[0]
        if energy > _ground(problem.observable, n) + 0.1:
            break
    return Case(problem, theta, frozenset({"shallow"}), frozenset({"minimum"}))


def unfinished(seed: int) -> Case:
    """A few steps of a run that would get there."""
    rng = np.random.default_rng([seed, 9])
    circuit = hardware_efficient(2, 2, ("ry",), "cz")
    while True:
        problem = qng.Problem(circuit, _chain(2, rng), accuracy=0.02)
        start = rng.uniform(-np.pi, np.pi, circuit.n_parameters)
        run = qng.minimize(problem, "gd", start=start, lr=0.05, steps=10)
        whole = qng.minimize(problem, "gd", start=start, lr=0.05, steps=600)
        if whole.solved and run.error > 0.2:
            break
    right = frozenset({"descending"})
    return Case(run, None, right, right)


def shot_floor(seed: int) -> Case:
    """A run from few shots that has left the minimum, where fresh steps go up in the mean."""
    given: dict[str, Any] = {"lr": 0.2, "shots": 130}
    for k in range(1000):
        minimum = case("converged", 20 * seed + k % 20)
        problem, start = replace(minimum.target, accuracy=0.01), minimum.theta
        run = qng.minimize(problem, "gd", start=start, steps=6, seed=(seed, k), **given)
        if run.trace["exact"][-1] - run.reference < 0.03:
            continue
        changes = []
        for again in range(60):
            step = qng.minimize(problem, "gd", start=run.x, steps=1, seed=(seed, k, again), **given)
            changes.append(np.diff(step.trace["exact"])[0])
            if len(changes) == 15 and np.mean(changes) < 0.5 * np.std(changes) / 15**0.5:
                break  # it is not going to be
        if len(changes) == 60 and np.mean(changes) > 4 * np.std(changes) / 60**0.5:
            return Case(run, None, frozenset({"shot-floor"}), sampled=False)
    raise AssertionError(seed)


def device_noise(seed: int) -> Case:
    """The right parameters, read through an executor that loses one shot in five."""
    rng = np.random.default_rng([seed, 11])
    case = converged(seed)
    problem = case.target
    run = qng.minimize(
        problem, "gd", start=case.theta + rng.normal(0, 0.05, len(case.theta)), lr=0.05,
        steps=10, executor=Noisy(5.0), shots=40_000, seed=seed,
    )  # fmt: skip
    right = frozenset({"noise"})
    return Case(run, None, right, sampled=False, options={"executor": Noisy(5.0)})


def blind_metric(seed: int) -> Case:
    """The Fisher matrix of Z outcomes does not see the RZ on which the energy hangs."""
    rng = np.random.default_rng([seed, 12])
    n = 2
    names = [f"t{k}" for k in range(2 * n)]
    ops = [Rotation(Pauli.parse(f"Y{q}"), parameter(names[q])) for q in range(n)]
    ops += [Rotation(Pauli.parse(f"Z{q}"), parameter(names[n + q])) for q in range(n)]
    h = PauliSum({f"X{q}": rng.uniform(0.5, 1.5) for q in range(n)} | {"Y0 Y1": rng.normal(0, 0.3)})
    problem = qng.Problem(Circuit(n, tuple(ops), tuple(names)), h, accuracy=0.02)
    # Near the equator, where the slope is that of the RZ.
    theta = np.concatenate([rng.normal(np.pi / 2, 0.1, n), rng.uniform(0.7, 2.4, n)])
    right = frozenset({"blind-metric"})
    return Case(problem, theta, right, options={"method": "ng"}, sampled=False)


def symmetric(seed: int) -> Case:
    """QAOA of a random weighted graph at zero angles, in |+...+>: all slopes and all H_ii vanish.

    Random angles near by are lower.
    """
    rng = np.random.default_rng([seed, 13])
    n = 4
    while True:
        pairs = [(a, b) for a in range(n) for b in range(a + 1, n) if rng.random() < 0.7]
        if len(pairs) < 3:
            continue
        cost = PauliSum({f"Z{a} Z{b}": rng.uniform(0.5, 1.5) for a, b in pairs})
        circuit = qaoa(cost, 1 + seed % 2)
        theta = np.zeros(circuit.n_parameters)
        near = theta + rng.uniform(-0.6, 0.6, (200, len(theta)))
        if np.min(dense.energy(circuit, cost, near)) < -0.3:
            break
    problem = qng.Problem(circuit, cost, accuracy=0.05)
    right = frozenset({"saddle"})
    return Case(problem, theta, right, right)


FAULTS: dict[str, Callable[[int], Case]] = {
    "barren plateau": barren,
    "no influence": no_influence,
    "converged": converged,
    "local minimum": local_minimum,
    "saddle": saddle,
    "symmetric start": symmetric,
    "shot floor": shot_floor,
    "null space": null_space,
    "step too long": long_step,
    "ansatz too shallow": shallow,
    "still descending": unfinished,
    "noise of the device": device_noise,
    "blind metric": blind_metric,
}
"""By what is wrong; "still descending" and "converged" are the two where nothing is."""


@cache
def case(name: str, seed: int) -> Case:
    """An instance, made once."""
    return FAULTS[name](seed)
