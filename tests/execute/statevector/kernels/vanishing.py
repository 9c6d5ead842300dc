"""What is private to numba vanishes, a name at a time; a kernel is compiled all the same.

    NUMBA_CACHE_DIR=an-empty-folder python -m tests.execute.statevector.kernels.vanishing

Prints for every name the way that was taken, and what the log said.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from importlib import import_module
from typing import Any

import numba
import numpy as np
from numba.core import caching, codegen, compiler, runtime, typed_passes


class Lacking(codegen.JITCodeLibrary):
    """Without something that is come to late."""

    _finalize_dynamic_globals: Any = None


NAMES: tuple[tuple[Any, str, Any], ...] = (
    (codegen, "JITCodeLibrary", None),
    (codegen, "JITCodeLibrary", object),
    (compiler, "Compiler", None),
    (typed_passes, "InlineOverloads", None),
    (caching, "FunctionCache", None),
    (codegen, "JITCodeLibrary", Lacking),
    (runtime, "rtsys", None),
)
KERNELS = "qng.execute.statevector.kernels"


def summed(v: Any) -> float:
    """The sum of what is to be a vector."""
    total = 0.0
    for k in range(len(v)):
        total += v[k]
    return total


def tried(folder: str) -> str:
    """The way that a process takes which finds nothing compiled."""
    numba.config.CACHE_DIR = folder
    for name in [name for name in sys.modules if name.startswith(f"{KERNELS}.compiling")]:
        del sys.modules[name]
    jit, ways = (import_module(f"{KERNELS}.compiling.{name}") for name in ("jit", "ways"))
    assert jit.kernel(summed)(np.arange(4.0)) == 6.0
    assert gc.isenabled()
    return str(ways.chosen().__name__.rpartition(".")[2])


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="    %(message)s", stream=sys.stdout)
    base = os.environ["NUMBA_CACHE_DIR"]
    import_module(f"{KERNELS}.bundles")
    print("nothing:", tried(f"{base}/nothing"))
    for number, (owner, name, other) in enumerate(NAMES):
        before = getattr(owner, name)
        delattr(owner, name)
        if other is not None:
            setattr(owner, name, other)
        print(f"{name}:", tried(f"{base}/{number}"))
        setattr(owner, name, before)


if __name__ == "__main__":
    main()
