"""The few exceptions of the package.

Every message says what was given, what was expected and what to do, in one line, because the
command line prints it as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class QngError(Exception):
    """Base class of every error that `qng` raises on purpose."""


class InputError(QngError, ValueError):
    """What was given cannot be used (a wrong length, a NaN, an unknown name, a missing file)."""


class CircuitError(InputError):
    """A circuit that cannot be built or lowered to Pauli rotations and fixed gates."""


class QasmError(CircuitError):
    """OpenQASM 3 text that cannot be read.

    Args:
        message: What is wrong.
        line: One-based line of the offending token.
        column: One-based column of the offending token.
    """

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.line = line
        self.column = column


class UnknownNameError(InputError):
    """A name that is not in a table; the message offers the nearest ones.

    Args:
        kind: What was looked for, such as "problem" or "method".
        given: The name that was given.
        known: The names that exist.
    """

    def __init__(self, kind: str, given: object, known: Iterable[str]) -> None:
        names = sorted(known)
        near = get_close_matches(str(given), names, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names)}"
        super().__init__(f"unknown {kind} {given!r}; {hint}")
        self.near = tuple(near)


class UnsupportedMeasureError(InputError):
    """An executor was asked for a measure that it cannot answer."""


class SingularMetricError(QngError):
    """A linear system with a singular metric and nothing to regularise it."""


class SurrogateWarning(UserWarning):
    """A value that is exact for pure states was measured on a noisy executor."""


class NoisyMetricWarning(UserWarning):
    """A metric is dominated by the noise of its shots."""


class UnusedDeviceWarning(UserWarning):
    """A QNode's own device or shots, which are not used."""
