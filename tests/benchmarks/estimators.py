"""What every metric estimator costs until a QNG step is good: a table for the README.

One circuit of 40 parameters in 4 layers (10 qubits, a random Pauli rotation on each, ladders of
CZ), the transverse-field Ising chain, one random point. For every estimator: the circuits of one
metric, the two-qubit depth of the deepest, and the shots, those of the gradient included, until
the step d = (g + 1e-3)^-1 grad has a relative error of 5 % in the exact metric's norm, as the root
mean square over 20 repetitions. Shots are split between gradient and metric as in a run. The limit
is the error with infinitely many shots, where bases or directions are drawn the root mean square
over 20 draws.

The metric of observables of 128 recommended words takes an hour: it is run by its name only.

    python -m tests.benchmarks.estimators ["observables of 128 words"]
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

import qng
from qng.circuit.ansatz import random_pauli
from qng.errors import InputError
from qng.estimate import gradient, recommended_words
from qng.estimate.table import METRICS, chosen
from qng.execute.statevector.executor import Statevector
from qng.geometry import Dense, Floored
from qng.optimize.shots import metric_share
from qng.plan.counts import Counts
from qng.plan.deal import split
from qng.plan.lower import sampled
from qng.plan.plan import Plan, join
from qng.plan.quantities import By
from qng.plan.request import Request, Samples
from qng.run.bench import answer

GOAL, REPETITIONS, DAMPING, MOST = 0.05, 20, 1e-3, 10**11

ESTIMATORS = {
    "blocks": {},
    "diagonal": {},
    "blocks-diagonal": {},
    "overlaps": {},
    "blocks+overlaps": {},
    "hadamard": {},
    "spsa": {"draws": 100, "step": 0.3},
    "stein": {"draws": 100, "sigma": 0.3},
    "fisher": {},
    "random-measurements": {"bases": 16},
    "observables": {},
    "observables local-2": {"words": "local-2"},
}

# An hour: by its name only.
LONG = {"observables of 128 words": {"words": recommended_words(random_pauli(10, 4, seed=0), 128)}}


class Remembering:
    """Draws from exact distributions that it computes once."""

    name, noise, answers = "remembering", "", frozenset({Samples})

    def __init__(self) -> None:
        self.inner, self.known = Statevector(), {}

    def run(self, requests, seed):
        return [self._drawn(request, (seed, k)) for k, request in enumerate(requests)]

    def _drawn(self, request, key):
        found = []
        rng = np.random.default_rng(key)
        exact = self._exact(request)
        for counts, shots in zip(exact, request.shots):
            drawn = rng.multinomial(shots, counts.weights / counts.weights.sum())
            found.append(Counts.of(counts.outcomes[drawn > 0], drawn[drawn > 0]))
        return tuple(found)

    def _exact(self, request):
        key = request.circuit, request.measure, request.angles.tobytes()
        if key not in self.known:
            asked = Request(request.circuit, request.angles, request.measure)
            plan = Plan((asked,), lambda results: results[0])
            self.known[key] = answer(self.inner, plan)
        return self.known[key]


def scaled(metric, scale: float) -> Dense:
    errors = metric.std_error
    return Dense(scale * metric.dense(), None if errors is None else scale * errors)


def problem() -> tuple[qng.Circuit, qng.PauliSum, np.ndarray]:
    circuit = random_pauli(10, 4, seed=0)
    chain = {f"Z{q} Z{q + 1}": -1.0 for q in range(9)}
    field = {f"X{q}": -1.0 for q in range(10)}
    theta = np.random.default_rng(0).uniform(-np.pi, np.pi, circuit.n_parameters)
    return circuit, qng.PauliSum({**chain, **field}), theta


class Trial:
    """One estimator at one point."""

    def __init__(self, name: str, options: dict) -> None:
        circuit, observable, theta = problem()
        self.device = Remembering()
        exact = answer(
            Statevector(), chosen("metric", "exact", METRICS, counting=False)(circuit, theta)
        )
        slope = answer(Statevector(), gradient.exact(circuit, observable, theta)).value
        self.norm = exact.dense()
        self.step = np.linalg.solve(self.norm + DAMPING * np.eye(len(slope)), slope)
        by = By(name.partition(" ")[0], **options)
        estimate = chosen("metric", by, METRICS, counting=True)
        # The classical Fisher matrix is that of 4 g.
        scale = 0.25 if estimate.of == "fisher" else 1.0
        self.metrics = [
            estimate(circuit, theta, observable=observable, seed=seed).map(
                lambda found: scaled(found, scale)
            )
            for seed in range(REPETITIONS if estimate.random else 1)
        ]
        self.slope = gradient.parameter_shift(circuit, observable, theta)
        self.share = 0.5

    def error(self, step: np.ndarray) -> float:
        miss = step - self.step
        return float(np.sqrt(miss @ self.norm @ miss / (self.step @ self.norm @ self.step)))

    @property
    def metric(self):
        """The plan of one metric."""
        return self.metrics[0]

    def limit(self) -> float:
        """The relative error with infinitely many shots, root mean square over what is drawn."""
        errors = []
        for metric in self.metrics:
            found = answer(Statevector(), join({"metric": metric, "gradient": self.slope}))
            # Without errors the floor is zero: an estimate with negative eigenvalues is projected.
            known = Dense(found["metric"].dense(), np.zeros_like(self.norm))
            errors.append(self.error(Floored(DAMPING)(known, found["gradient"].value).direction))
        return float(np.sqrt(np.mean(np.square(errors))))

    def root_mean_square(self, shots: int) -> float:
        """Over the repetitions; the split follows the variances, as in a run."""
        errors = []
        for seed in range(REPETITIONS):
            metric = self.metrics[seed % len(self.metrics)]
            parts = split(
                {"energy": Plan((), list), "gradient": self.slope, "metric": metric},
                self.share,
            )
            plan = join({name: parts[name] for name in ("gradient", "metric")})
            found = answer(self.device, plan, seed=seed, shots=shots)
            solved = Floored(DAMPING)(found["metric"], found["gradient"].value)
            errors.append(self.error(solved.direction))
            self.share = metric_share(
                self.share, found["gradient"], found["metric"], solved.direction, DAMPING
            )
        return float(np.sqrt(np.mean(np.square(errors))))

    def shots_to_goal(self) -> str:
        limit = self.limit()
        if limit > GOAL:
            return f"not reached (limit {limit:.0%})"
        low = 10.0 ** np.ceil(np.log10(sampled(self.metric, MOST).cost.points + 1000))
        before = None
        while low <= MOST:
            error = self.root_mean_square(int(low))
            if error <= GOAL:
                if before is None:
                    return f"< {low:.1e}"
                slope = np.log(GOAL / before[1]) / np.log(error / before[1])
                return f"{before[0] * (low / before[0]) ** slope:.1e}"
            before, low = (low, error), low * 10**0.5
        return f"not reached ({before[1]:.0%} at {before[0]:.0e})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "names",
        nargs="*",
        help=f"of {', '.join(ESTIMATORS)}; all by default, or of {', '.join(LONG)}",
    )
    chosen_names = parser.parse_args().names or list(ESTIMATORS)
    print("| estimator | circuits of one metric | two-qubit depth | shots to a step within 5 % |")
    print("|---|---|---|---|")
    known = {**ESTIMATORS, **LONG}
    for name in chosen_names:
        if name not in known:
            raise InputError(f"unknown estimator {name}; known: {', '.join(known)}")
        began = time.perf_counter()
        trial = Trial(name, known[name])
        cost = sampled(trial.metric, 10**9).cost
        options = ", ".join(f"{key} {value}" for key, value in known[name].items())
        label = name if name.startswith("observables") or not options else f"{name} ({options})"
        print(f"| {label} | {cost.points} | {cost.depth} | {trial.shots_to_goal()} |", flush=True)
        print(f"{label}: {time.perf_counter() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
