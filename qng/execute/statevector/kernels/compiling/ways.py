"""Which way kernels are compiled: quickly, or as numba does it where that is not possible."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final, Protocol

from qng.log import logger

_LOG: Final = logger(__name__)


class Way(Protocol):
    """How functions become machine code."""

    def kernel(self, f: Callable[..., Any]) -> Any:
        """Numba's function of one that is called from Python, kept on disk."""

    def part(self, f: Callable[..., Any], counts: bool) -> Any:
        """Numba's function of one that kernels call."""

    def calling(self, f: Callable[..., Any], kernel: Any) -> Any:
        """The same of one that only calls a kernel."""

    def address(self, compiled: Any) -> int:
        """Where the machine code is of a kernel that has been called, for those that call it."""


@cache
def chosen() -> Way:
    """The way of this process.

    The quick way is made of names inside numba, which another version may not have or may mean
    otherwise. It is taken where the kernels of `trial.py` come to be, and give the right numbers.

    Cost: half a second, once a machine.
    """
    try:
        from qng.execute.statevector.kernels.compiling import trial

        return trial.passed()
    except Exception as error:
        import numba

        from qng.execute.statevector.kernels.compiling import plain

        why = " ".join(str(error).split("\n", 1)[0].split())
        _LOG.info(
            f"numba {numba.__version__} lacks what compiles the simulator's loops quickly: it "
            f"takes about 90 seconds, once on this machine ({type(error).__name__}: {why})"
        )
        return plain
