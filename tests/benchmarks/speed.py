"""The speed of exact and sampled steps, as ratios to bounds and to other packages.

    python -m tests.benchmarks.speed [--quick] [--only NAME ...] [--json FILE]

One line a question, one figure a size; medians of interleaved runs (A B A B ...), the ratio being
the median of those of the rounds. Reference circuit: per layer RY and RZ on every qubit, then a
chain of CX, at random angles; energies are those of the open transverse-field Ising chain. Other
packages are optional: a missing one is a note. Their results are compared with ours before they
count (metric to 1e-6, gradient to 1e-8). To see one thread: `taskset -c 0 python ...`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial

from tests.benchmarks import metric_rows, process_rows, small_rows, step_rows
from tests.benchmarks.common import Disagreement, Found
from tests.benchmarks.timing import Effort, machine, versions


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        what: What is measured.
        against: What it is compared with.
        goal: What is to be reached, in words.
        measure: (effort, quick) -> what was found.
        times_faster: Whether theirs / ours is shown, not ours / theirs.
    """

    what: str
    against: str
    goal: str
    measure: Callable[[Effort, bool], Found]
    times_faster: bool = False


METRIC, STEP = "exact metric", "exact metric + gradient"
SHOTS = "block metric + shift gradient, n=8, P=64, 1,000 shots"
PLAIN = "plain gate passes + Gram"

ROWS = {
    "product": Row(f"{STEP}, reference circuit", "`A @ A.T`", "at most 2.5, 2.0, 1.8, 1.6",
                   metric_rows.against_product),
    "qaoa": Row(f"{STEP}, QAOA", PLAIN, "at most 0.12", metric_rows.qaoa_passes),
    "ucc": Row(f"{STEP}, UCC of LiH", PLAIN, "at most 0.04", metric_rows.ucc_passes),
    "tensorcircuit": Row(f"{METRIC}, reference circuit", "TensorCircuit-NG, jitted",
                         "4 times faster at n=14, never slower", metric_rows.tensorcircuit, True),
    "fresh": Row(f"{METRIC}, fresh process, warm kernels", "TensorCircuit-NG, with compilation",
                 "30 times faster", metric_rows.fresh, True),
    "pennylane": Row(f"{METRIC}, reference circuit", "PennyLane adjoint_metric_tensor",
                     "3,000 times faster", metric_rows.pennylane, True),
    "reverse-qgt": Row(f"{METRIC}, reference circuit", "qiskit-algorithms ReverseQGT",
                       "500 times faster", metric_rows.reverse_qgt, True),
    "single": Row(f"{METRIC}, single precision, half the memory", "double precision",
                  "at most 0.65", metric_rows.single_precision),
    "adjoint": Row("adjoint gradient, reference circuit",
                   "the faster of lightning.qubit adjoint and Qulacs backprop",
                   "never slower, at most 0.18 from n=18", step_rows.adjoint),
    "matrix-free": Row("one matrix-free product, n=16", "one adjoint gradient", "at most 4",
                       step_rows.product),
    "big-step": Row("one matrix-free QNG step, n=16, P=2,000", "one adjoint gradient",
                    "at most 100, at most 10 states", step_rows.big_step),
    "shots": Row(f"{SHOTS}, statevector", "PennyLane lightning.qubit", "80 times faster",
                 partial(step_rows.shots_step, "statevector", 1 / 80), True),
    "shots-aer": Row(f"{SHOTS}, Aer", "PennyLane lightning.qubit", "not slower",
                     partial(step_rows.shots_step, "aer", 1.0), True),
    "overlaps": Row("metric from overlaps, n=6, 1,000 shots", "its draws alone", "60 ms",
                    step_rows.overlaps),
    "blocks": Row("exact block metric", "the whole metric", "never more than 1.1",
                  metric_rows.blocks),
    "threads": Row("one sweep, all threads", "one thread", "at most 0.8 from n=18",
                   step_rows.threads_of_a_sweep),
    "qng-step": Row("a step of qng, default settings", "TensorCircuit-NG, one jitted function",
                    "never slower", small_rows.qng_steps),
    "gd-step": Row("a step of gd", "TensorCircuit-NG, one jitted function", "never slower",
                   small_rows.gd_steps),
    "starts": Row("compare h2 from many starts", "its runs one by one", "5 times faster",
                  small_rows.starts, True),
    "qng-optimizer": Row("QNG on h2", "PennyLane QNGOptimizer, adjoint metric",
                         "100 times faster", small_rows.pennylane_optimizer, True),
    "var-qite": Row("QNG on h2", "qiskit-algorithms VarQITE, reverse gradients",
                    "100 times faster", small_rows.var_qite, True),
    "first-run": Row("`qng compare h2`, nothing compiled", "the same, kernels on disk",
                     "8 s", process_rows.first_run),
    "process": Row("whole process: 100 QNG steps on h2", "10 of PennyLane's", "1 s",
                   process_rows.hundred_steps),
    "scaling-p": Row(f"{STEP}, n=12, against P", f"cost model: {PLAIN}",
                     "explained to a factor of 2", metric_rows.scaling_p),
    "scaling-n": Row(f"{STEP}, P=240, against n", f"cost model: {PLAIN}",
                     "explained to a factor of 2", metric_rows.scaling_n),
}  # fmt: skip


def seconds(value: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e3)):
        if value * scale >= 1:
            return f"{value * scale:.3g} {unit}"
    return f"{value * 1e6:.3g} µs"


def line(row: Row, found: Found, quick: bool) -> str:
    """A line of the markdown table."""

    def cell(texts: list[str]) -> str:
        labelled = zip((c.label for c in found.sizes), texts)
        return ", ".join(f"{label}: {text}" if label else text for label, text in labelled)

    ratios = [1 / c.ratio if row.times_faster else c.ratio for c in found.sizes]
    cells = (
        f"{row.what}{f' ({found.note})' if found.note else ''}",
        row.against,
        cell([seconds(c.ours) for c in found.sizes]),
        cell([seconds(c.theirs) for c in found.sizes]),
        cell([f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}" for ratio in ratios])
        + (" times faster" if row.times_faster else ""),
        row.goal,
        "-" if quick or found.reached is None else "yes" if found.reached else "no",
    )
    return f"| {' | '.join(cells)} |"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small sizes; goals are not judged")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=ROWS, help=", ".join(ROWS))
    parser.add_argument("--json", metavar="FILE", help="write all figures there as well")
    options = parser.parse_args(arguments)
    effort = Effort(seconds=0.0, least=2) if options.quick else Effort()
    notes: list[str] = []
    record: dict[str, object] = {"machine": machine(), "versions": versions()}
    failed = False
    print("| what | against | ours | theirs | ratio | to reach | reached |")
    print("|---|---|---|---|---|---|---|")
    for name in options.only or ROWS:
        began = time.perf_counter()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = ROWS[name].measure(effort, options.quick)
        except ImportError as error:
            notes.append(f"{name}: left out, {error}")
            continue
        except Disagreement as error:
            notes.append(f"{name}: FAILED, {error}")
            failed = True
            continue
        print(line(ROWS[name], found, options.quick), flush=True)
        record[name] = asdict(found)
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    print()
    for note in notes:
        print(f"- {note}")
    print(f"- {machine()}")
    print(f"- {versions()}")
    if options.json:
        with open(options.json, "w") as file:
            json.dump(record, file, indent=1, default=lambda number: number.item())
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
