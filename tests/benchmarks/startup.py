"""How long the package takes to start, against the bare interpreter: medians, in a table.

    python -m tests.benchmarks.startup [--runs N]

Every figure is the median of N fresh processes, after one that is not counted and that leaves the
caches warm. The commands take turns, so that all of them see the same machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from statistics import median

CLI = "import sys; sys.argv[0] = 'qng'; from qng.cli import main; main()"

BARE = {"python -c pass": ("-c", "pass"), 'python -c "import numpy"': ("-c", "import numpy")}

COMMANDS = {
    "import qng": (("-c", "import qng"), 0.3),
    "qng --help": (("-c", CLI, "--help"), 0.4),
    "qng run one-qubit": (("-c", CLI, "run", "one-qubit"), 2.0),
}


def seconds(arguments: tuple[str, ...], place: str) -> float:
    """Of one process, in an empty folder; it may keep bytecode, as it does for users."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, *arguments]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=place, env=kept)
    return time.perf_counter() - began


def measured(runs: int) -> dict[str, float]:
    """Median seconds of every command."""
    table = BARE | {name: arguments for name, (arguments, _) in COMMANDS.items()}
    times: dict[str, list[float]] = {name: [] for name in table}
    with tempfile.TemporaryDirectory() as place:
        for k in range(runs + 1):
            for name, arguments in table.items():
                took = seconds(arguments, place)
                if k:
                    times[name].append(took)
    return {name: median(took) for name, took in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="Start-up times.")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="[default: 5]")
    found = measured(parser.parse_args().runs)
    bare, with_numpy = (found[name] for name in BARE)
    print(f"{'command':<28}{'seconds':>9}{'to reach':>10}{'/ bare':>9}{'/ numpy':>9}")
    for name, took in found.items():
        limit = f"{COMMANDS[name][1]:.1f}" if name in COMMANDS else ""
        print(f"{name:<28}{took:>9.3f}{limit:>10}{took / bare:>9.1f}{took / with_numpy:>9.1f}")


if __name__ == "__main__":
    main()
