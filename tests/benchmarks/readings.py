"""How often it is misjudged what a user's function is: exact, noisy, an expectation value or more.

    python -m tests.benchmarks.readings [--repetitions 1000]

The functions are energies of H2 (12 parameters): exact, with normal noise, or from shots, a
binomial for every Pauli word.

    noise missed        readings with shots that are taken for exact
    noise seen          exact readings that are taken for noisy
    not a polynomial    an expectation value with noise, taken for something else (a gradient by
                        wide differences instead of the shift rule)
    a polynomial        energy + 0.2 |theta|^2 / P, taken for an expectation value
    sigma               quartiles of the estimate over the true one, at the start
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

import numpy as np

import qng
from qng.adapters.functions import choice, slopes
from qng.adapters.functions.readings import Readings
from qng.circuit.frequencies import waves
from qng.report.inference import wilson

PROBLEM = qng.load("h2")


def sampled(shots: int, rng: np.random.Generator) -> Callable[[np.ndarray], float]:
    """Energies as they are read from so many shots of every word."""
    words = [(qng.Problem(PROBLEM.circuit, {str(word): 1.0}), c.real) for word, c in WORDS]

    def energy(x: np.ndarray) -> float:
        total = CONSTANT
        for problem, coefficient in words:
            mean = float(qng.energy(problem, x).value)
            up = rng.binomial(shots, min(max((1 + mean) / 2, 0.0), 1.0))
            total += coefficient * (2 * up / shots - 1)
        return total

    return energy


WORDS = [(word, c) for word, c in PROBLEM.observable if word.qubits]
CONSTANT = sum(c.real for word, c in PROBLEM.observable if not word.qubits)


def exact(x: np.ndarray) -> float:
    return float(qng.energy(PROBLEM, x).value)


def share(what: str, wrong: int, of: int) -> str:
    """A line with the share and its 95 % interval."""
    interval = wilson(wrong, of)
    return f"{what:42s} {wrong}/{of}  [{interval.lower:.2%}, {interval.upper:.2%}]"


def main(words: Sequence[str] | None = None) -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=1000)
    n = parser.parse_args(words).repetitions
    size = len(PROBLEM.parameters)
    ways = choice.by_rule(waves([PROBLEM.circuit]))
    rng = np.random.default_rng(16)
    starts = rng.uniform(-np.pi, np.pi, (n, size))
    seen = sum(Readings(exact, key=k).sigma(x) > 0 for k, x in enumerate(starts))
    print(share("noise seen in an exact function", seen, n))
    for shots in (100, 1000):
        noisy = sampled(shots, rng)
        found = [Readings(noisy, key=k).sigma(x) for k, x in enumerate(starts)]
        print(share(f"noise missed, {shots} shots", sum(s == 0 for s in found), n))
        here = [Readings(noisy, key=k).sigma(np.zeros(size)) for k in range(n)]
        print(share(f"noise missed, {shots} shots, at a basis state", sum(s == 0 for s in here), n))
    for sigma in (0.01, 0.1):

        def reading(x: np.ndarray, sigma: float = sigma) -> float:
            return exact(x) + sigma * rng.normal()

        wrong, ratios = 0, []
        for k, x in enumerate(starts):
            readings = Readings(reading, key=k)
            wrong += slopes.checked(readings, x, ways.rules, ways.differences) is None
            ratios.append(readings.sigma(x) / sigma)
        print(share(f"not a polynomial, sigma = {sigma}", wrong, n))
        low, middle, high = np.quantile(ratios, [0.025, 0.5, 0.975])
        print(f"sigma found / sigma = {sigma}: {middle:.2f}, 95 % within [{low:.2f}, {high:.2f}]")
    noisy = sampled(1000, rng)
    wrong = sum(
        slopes.checked(Readings(noisy, key=k), x, ways.rules, ways.differences) is None
        for k, x in enumerate(starts)
    )
    print(share("not a polynomial, 1000 shots", wrong, n))

    def penalised(x: np.ndarray) -> float:
        return exact(x) + 0.2 * float(x @ x) / size

    missed = sum(
        slopes.checked(Readings(penalised, key=k), x, ways.rules, ways.differences) is not None
        for k, x in enumerate(starts)
    )
    print(share("a penalty taken for a polynomial", missed, n))


if __name__ == "__main__":
    main()
