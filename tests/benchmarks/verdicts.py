"""How often `qng diagnose` errs: `python -m tests.benchmarks.verdicts`.

Problems that are made to have one fault each (`tests.faults`), diagnosed exactly and from shots, on
an ideal executor and on one that loses one shot in twenty. A row a fault, a column a verdict.

false      verdicts that are not true of the instance
missed     instances in which the fault is not among what holds
undecided  no verdict, which is none of both in the first sense

Where shots alone cannot see a fault (it is one of a run, or needs other starts), the row says so or
has the verdict that is true as far as they see.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections import Counter
from typing import Any

import qng
from tests.faults import FAULTS, Case, Noisy, case

SHOTS = 1_000_000
LOST = 20.0

GROUNDS = ("exact", "shots", "noisy")


def diagnosed(one: Case, ground: str, seed: int) -> Any:
    """A diagnosis of an instance."""
    if ground == "exact":
        return qng.diagnose(one.target, one.theta, seed=seed, **one.options)
    device = Noisy(LOST) if ground == "noisy" else "statevector"
    return qng.diagnose(one.target, one.theta, seed=seed, executor=device, shots=SHOTS)


def true_of(one: Case, ground: str) -> frozenset[str]:
    """The verdicts that are true of an instance and name its fault."""
    return one.right if ground == "exact" else one.from_shots


def is_noise(found: Any) -> bool:
    """Whether what the noise adds to the energy is as much as the rule says, by closed form.

    A lost shot shows random bits: E becomes (1 - p) E of an observable without a constant.
    """
    e = found.evidence
    state = e.energy if e.state is None else e.state
    bias = -state.value / LOST
    return bool(bias > e.accuracy and bias >= 0.4 * (state.value + bias - e.reference))


def rows(name: str, ground: str, repetitions: int) -> tuple[Counter[str], int, int, float]:
    """(verdicts, false ones, missed faults, seconds a diagnosis)."""
    verdicts: Counter[str] = Counter()
    false = missed = 0
    spent = 0.0
    for k in range(repetitions):
        one = case(name, k)
        began = time.perf_counter()
        found = diagnosed(one, ground, k)
        spent += time.perf_counter() - began
        right, held = true_of(one, ground), {f.name for f in found.held}
        verdicts[found.verdict] += 1
        fine = found.verdict in one.allowed | right | {"undecided"}
        fine = fine or (ground == "noisy" and found.verdict == "noise" and is_noise(found))
        false += not fine
        missed += not right & held
    return verdicts, false, missed, spent / repetitions


def main(words: list[str] | None = None) -> None:
    """All tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--grounds", nargs="+", default=list(GROUNDS), choices=GROUNDS)
    parser.add_argument("--faults", nargs="+", default=list(FAULTS), choices=FAULTS)
    chosen = parser.parse_args(words)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for ground in chosen.grounds:
            print(f"{ground}: {chosen.repetitions} instances a fault")
            print(f"  {'fault':20} {'false':>6} {'missed':>7} {'seconds':>8}  verdicts")
            for name in chosen.faults:
                if ground != "exact" and not case(name, 0).sampled:
                    continue
                verdicts, false, missed, seconds = rows(name, ground, chosen.repetitions)
                shown = ", ".join(f"{v} {n}" for v, n in verdicts.most_common())
                line = f"  {name:20} {false:6d} {missed:7d} {seconds:8.2f}  {shown}"
                print(line, flush=True)


if __name__ == "__main__":
    main()
