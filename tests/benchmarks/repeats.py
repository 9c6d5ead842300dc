"""How often `qng repeat` errs, and what it costs: `python -m tests.benchmarks.repeats`.

alarms      results from shots with another seed: how often they are called different, beside
            the rate that is promised
seen        the same with something changed: how often that is seen
costs       repeat over the result itself, a resumed run over the whole one, a comparison that
            grows over all of it, and the size of files
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import qng
from qng.execute.statevector.executor import Statevector
from qng.plan.counts import Counts
from qng.plan.request import Samples
from qng.run.agree import LEVEL
from qng.run.made import metric_result
from qng.seeds import generator

_SMALL = {"steps": 3, "shots": 300}


def _run(seed: int, **other: Any) -> Any:
    return qng.minimize("textbook-2", "adam", seed=seed, **{**_SMALL, **other})


def _comparison(seed: int, **other: Any) -> Any:
    options = {**_SMALL, **other}
    found = qng.compare("textbook-2", ["gd", "adam"], starts=4, seed=seed, workers=1, **options)
    return found


def _metric(seed: int, **other: Any) -> Any:
    return metric_result("textbook-2", shots=1000, seed=seed, **other)


class Depolarised:
    """A shot in ten shows random bits; equal seeds give equal counts."""

    name, noise = "depolarised", "depolarising"
    answers = frozenset({Samples})

    def run(self, requests: Any, seed: int) -> list[Any]:
        """The counts of a batch."""
        found = Statevector().run(requests, seed)
        return [
            tuple(_disturbed(counts, request, (seed, n, k)) for k, counts in enumerate(points))
            for n, (request, points) in enumerate(zip(requests, found))
        ]


def _disturbed(counts: Any, request: Any, key: Any) -> Counts:
    rng, qubits = generator(key), request.measure.basis.qubits
    shown = np.repeat(counts.outcomes, np.rint(counts.weights * counts.shots).astype(int))
    lost = rng.random(len(shown)) < 0.1
    bits = rng.integers(0, 2, (int(lost.sum()), len(qubits)))
    shown[lost] = bits @ (1 << np.array(qubits, dtype=np.int64))
    outcomes, times = np.unique(shown, return_counts=True)
    return Counts.of(outcomes.tolist(), times.tolist())


def _noisy(seed: int) -> Any:
    return _run(seed, executor=Depolarised())


def _reseeded(value: Any) -> Any:
    """The result as if it had been drawn with another seed, as on another machine."""
    if hasattr(value, "runs"):
        runs = {label: tuple(map(_reseeded, of)) for label, of in value.runs.items()}
        return replace(value, runs=runs)
    seed = value.made.seed
    other = (*seed, 17) if isinstance(seed, tuple) else seed + 10**6
    return replace(value, made=replace(value.made, seed=other))


def _of(value: Any, **made: Any) -> Any:
    """The result, with something else in what it says of how it was made."""
    if hasattr(value, "runs"):
        runs = {label: tuple(_of(one, **made) for one in of) for label, of in value.runs.items()}
        return replace(value, runs=runs)
    return replace(value, made=replace(value.made, **made))


def alarms(repetitions: int) -> None:
    """What is the same, and is called different."""
    print(f"{'result':12} {'changed':28} called different  of  promised at most")
    kinds: dict[str, Callable[..., Any]] = {
        "run": _run,
        "run, noisy": _noisy,
        "comparison": _comparison,
        "metric": _metric,
    }
    for name, make in kinds.items():
        device = Depolarised() if make is _noisy else None
        found = [qng.repeat(_reseeded(make(seed)), executor=device) for seed in range(repetitions)]
        wrong = sum(not one.agrees for one in found)
        print(f"{name:12} {'the seed':28} {wrong:16d}  {repetitions}  {LEVEL:.0%}", flush=True)


def seen(repetitions: int) -> None:
    """What is changed, and is called different."""
    slower = qng.optimizers.named("adam", lr=0.02)
    changes: dict[str, tuple[Callable[[int], Any], dict[str, Any]]] = {
        "run: lr 0.5, said to be 0.02": (lambda seed: _run(seed, lr=0.5), {"method": slower}),
        "comparison: said to be lr 0.02": (_comparison, {"method": slower}),
        "metric: the point by 0.5": (
            _metric,
            {"theta": qng.load("textbook-2").initial + 0.5},
        ),
    }
    for name, (make, made) in changes.items():
        found = [qng.repeat(_of(_reseeded(make(seed)), **made)) for seed in range(repetitions)]
        right = sum(not one.agrees for one in found)
        print(f"{name:41} {right:16d}  {repetitions}", flush=True)


def _seconds(f: Callable[[], Any]) -> float:
    return min(_once(f) for _ in range(5))


def _once(f: Callable[[], Any]) -> float:
    began = time.perf_counter()
    f()
    return time.perf_counter() - began


def costs() -> None:
    """Ratios of times, the best of five."""
    run = qng.minimize("h2", "qng", steps=100)
    half = qng.minimize("h2", "qng", steps=50)
    there = qng.compare("h2", ["gd", "qng"], starts=4, steps=50, workers=1)
    whole = _seconds(lambda: qng.minimize("h2", "qng", steps=100))
    all_ = _seconds(lambda: qng.compare("h2", ["gd", "qng", "adam"], starts=4, steps=50, workers=1))
    grown = _seconds(lambda: qng.compare("h2", ["adam"], into=there, steps=50, workers=1))
    print(f"repeat / run                        {_seconds(lambda: qng.repeat(run)) / whole:.2f}")
    print(f"50 more steps / 100 steps           {_seconds(lambda: half.resumed(100)) / whole:.2f}")
    print(f"a third method / all three          {grown / all_:.2f}")
    with tempfile.TemporaryDirectory() as folder:
        for name, value in (("run of 100 steps", run), ("comparison of 8 runs", there)):
            file = Path(folder) / "file.json"
            saved = _seconds(lambda: value.save(file))  # noqa: B023
            read = _seconds(lambda: qng.load_run(file))  # noqa: B023
            size = file.stat().st_size / 1e3
            print(
                f"{name:24} {size:7.0f} kB, {1e3 * saved:.0f} ms to save, {1e3 * read:.0f} to read"
            )


def main(words: list[str] | None = None) -> None:
    """All tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repetitions", type=int, default=600)
    chosen = parser.parse_args(words)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        costs()
        alarms(chosen.repetitions)
        seen(max(chosen.repetitions // 20, 1))


if __name__ == "__main__":
    main()
