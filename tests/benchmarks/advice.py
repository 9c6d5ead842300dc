"""Whether what `qng diagnose` says to change helps: `python -m tests.benchmarks.advice`.

Runs as they come: random chains and ansaetze, methods, rates, steps and shots. Of each that does
not end within the accuracy the diagnosis is taken, and its `settings` are followed, at most
`--rounds` times. A row a verdict:

there    what is left to gain (the energy above the lowest of all minimisations) is then within the
         accuracy, or nothing was said to be left (a shallow ansatz, a solved problem)
halved   it is at most half of what it was
worse    it is more than it was, by more than the accuracy
same     halved, where the run is only repeated with as many steps as the advice takes
"""

from __future__ import annotations

import argparse
import warnings
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

import qng
from qng.circuit.ansatz import hardware_efficient
from tests.faults import _chain

METHODS = ("gd", "momentum", "adam", "qng", "ng", "spsa", "rotosolve", "l-bfgs-b")
RATED = ("gd", "momentum", "adam", "spsa")


@dataclass
class Row:
    """What came of one verdict."""

    count: int = 0
    there: int = 0
    halved: int = 0
    worse: int = 0
    same: int = 0


def made(seed: int, counted: bool) -> tuple[Any, dict[str, Any]]:
    """A problem and the arguments of a run of it."""
    rng = np.random.default_rng([seed, 77])
    n, layers = int(rng.integers(2, 5)), int(rng.integers(0, 3))
    axes = ("ry",) if rng.random() < 0.7 else ("ry", "rz")
    circuit = hardware_efficient(n, layers, axes, "cz")
    problem = qng.Problem(circuit, _chain(n, rng), accuracy=0.02)
    size = circuit.n_parameters
    start = rng.uniform(-np.pi, np.pi, size)
    if rng.random() < 0.25:  # a symmetric one
        start = rng.choice([0.0, np.pi / 2, np.pi], size)
    method = str(rng.choice(METHODS[:4] if counted else METHODS))
    arguments: dict[str, Any] = {
        "method": method,
        "start": start,
        "steps": int(rng.choice([5, 20, 60])),
        "seed": seed,
    }
    if method in RATED:
        arguments["lr"] = float(10 ** rng.uniform(-3, 0.5))
    if counted:
        arguments["shots"] = int(10 ** rng.uniform(2.5, 5))
    return problem, arguments


def energy(problem: Any, theta: Any) -> float:
    """The exact energy at a point."""
    return float(qng.energy(problem, theta).value)


def followed(problem: Any, run: Any, arguments: dict[str, Any], settings: dict[str, Any]) -> Any:
    """The run after the advice, with its arguments."""
    changed = arguments | settings
    if set(settings) == {"steps"}:
        return run.resumed(**settings), changed
    if settings.get("method", arguments["method"]) != arguments["method"] and "lr" not in settings:
        changed.pop("lr", None)
    if "shots" in settings and "start" not in settings:
        changed["start"] = run.x
    return qng.minimize(problem, **changed), changed


def one(seed: int, counted: bool, rounds: int, rows: dict[str, Row], words: bool) -> None:
    """A run, its diagnosis, and what comes of it."""
    problem, arguments = made(seed, counted)
    try:
        run = qng.minimize(problem, **arguments)
    except qng.errors.QngError:
        return
    first, path, before, low, after, was = None, [], np.nan, np.inf, np.nan, arguments
    for _ in range(rounds):
        found = qng.diagnose(run, seed=seed)
        e = found.evidence
        low = min(low, e.energy.value, *([] if e.bottom is None else [e.bottom]), *e.bottoms)
        path.append(f"{found.verdict} {found.settings if 'start' not in found.settings else '*'}")
        if first is None:
            if found.verdict in ("solved", "shallow"):
                rows[found.verdict].count += 1
                return
            first, before = found.verdict, energy(problem, run.x)
        if not found.settings or found.verdict in ("solved", "shallow"):
            break
        run, was = followed(problem, run, was, found.settings)
        after = energy(problem, run.x)
        if after - low <= problem.accuracy:
            break
    row, last = rows[str(first)], energy(problem, run.x)
    row.count += 1
    fine = last - low <= problem.accuracy or found.verdict in ("solved", "shallow")
    row.there += fine
    halved = fine or last - low <= (before - low) / 2
    row.halved += halved
    row.worse += last - before > problem.accuracy
    control = arguments | {"steps": max(was["steps"], 1)}
    again = qng.minimize(problem, **control)
    row.same += energy(problem, again.x) - low <= max((before - low) / 2, problem.accuracy)
    if words and not fine:
        what = [arguments[key] for key in ("method", "lr", "steps", "shots") if key in arguments]
        print(f"  {seed}: {what}: {before - low:.3g} -> {last - low:.3g}; {path}")


def main(words: list[str] | None = None) -> None:
    """The tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--of", nargs="+", default=["exact", "shots"], choices=["exact", "shots"])
    parser.add_argument("--words", action="store_true", help="say what did not get there")
    chosen = parser.parse_args(words)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for ground in chosen.of:
            rows: dict[str, Row] = defaultdict(Row)
            for seed in range(chosen.first, chosen.first + chosen.repetitions):
                one(seed, ground == "shots", chosen.rounds, rows, chosen.words)
            print(f"{ground}: {chosen.repetitions} runs, advice followed {chosen.rounds} times")
            print(
                f"  {'verdict':15} {'runs':>5} {'there':>6} {'halved':>7} {'worse':>6} {'same':>5}"
            )
            for name, row in sorted(rows.items(), key=lambda pair: -pair[1].count):
                print(
                    f"  {name:15} {row.count:5d} {row.there:6d} {row.halved:7d} {row.worse:6d} "
                    f"{row.same:5d}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
