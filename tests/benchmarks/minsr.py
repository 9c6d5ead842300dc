"""minSR against its one matrix product, X X^T or X^T X, whichever is smaller, by NumPy's BLAS.

    python -m tests.benchmarks.minsr [--rounds N] [--complex] [--json FILE]

Both take turns; the ratio is the median over the rounds. NumPy computes half of a product of a real
matrix with its own transpose, as minSR does. The goal is 1.5. It decides no test.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from qng.models import minsr
from tests.benchmarks.timing import Comparison, Effort, clock, machine

SIZES = ((10_000, 2_000), (2_000, 10_000))
GOAL = 1.5


def compared(n_samples: int, n_parameters: int, effort: Effort, is_complex: bool) -> Comparison:
    """minSR and its product at one size."""
    rng = np.random.default_rng(0)
    o, e = rng.normal(size=(n_samples, n_parameters)), rng.normal(size=n_samples)
    if is_complex:
        o, e = o + 1j * rng.normal(size=o.shape), e + 1j * rng.normal(size=e.shape)
    x = o if n_samples < n_parameters else o.T
    times = effort.rounds({"ours": clock(lambda: minsr(o, e)), "product": clock(lambda: x @ x.T)})
    label = f"{n_samples} samples, {n_parameters} parameters"
    return Comparison.of(label, times["ours"], times["product"])


def main(arguments: list[str] | None = None) -> int:
    """Print the ratios; 0 where all are below the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--complex", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--scale", type=float, default=1.0, help="of both sizes")
    given = parser.parse_args(arguments)
    effort = Effort(0.0, least=given.rounds)
    print(machine())
    found = []
    for size in SIZES:
        n, p = (int(k * given.scale) for k in size)
        row = compared(n, p, effort, given.complex)
        print(
            f"{row.label}: {row.ours:.3f} s, the product {row.theirs:.3f} s, "
            f"ratio {row.ratio:.2f} (goal {GOAL}), {row.rounds} rounds"
        )
        found.append(row)
    if given.json:
        given.json.write_text(json.dumps([vars(row) for row in found]))
    return 0 if all(row.ratio < GOAL for row in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
