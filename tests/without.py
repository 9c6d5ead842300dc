"""Runs commands and code as if packages were not installed, and prints what came of them.

python -m tests.without "matplotlib qiskit" run one-qubit --steps 2
"""

from __future__ import annotations

import importlib.abc
import sys


class Without(importlib.abc.MetaPathFinder):
    """Nothing of these packages is found."""

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def find_spec(self, fullname, path=None, target=None):
        if fullname.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None


def main() -> None:
    missing, *words = sys.argv[1:]
    sys.meta_path.insert(0, Without(missing.split()))
    sys.argv[1:] = words
    from qng.cli import main

    main()


if __name__ == "__main__":
    main()
