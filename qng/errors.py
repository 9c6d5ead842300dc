"""The few exceptions of the package.

Every message says what was given, what was expected and what to do, in one line, because the
command line prints it as it is.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

# On the Python Package Index `qng` is another project.
DISTRIBUTION = "quantum-natural-gradient"


def shown(value: object, most: int = 60) -> str:
    """What was given as it stands in an error: its code in one line of so many characters."""
    text = " ".join(repr(value).split())
    return text if len(text) <= most else f"{text[: most - 3]}..."


def cannot_be_made(error: Exception) -> str:
    """Why an object cannot be made with the options that were given, in a few words."""
    unknown = re.search(r"unexpected keyword argument '(\w+)'", str(error))
    return f"has no option {unknown[1]}" if unknown else f"cannot be made: {line_of(error)}"


def line_of(error: Exception) -> str:
    """The message of an error in one line."""
    return " ".join(str(error).split())


class QngError(Exception):
    """Base class of every error that `qng` raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Constructors take parts of a message and args keeps the whole: a worker's error, which
        # comes back pickled, is built without them.
        return _again, (type(self), self.args), vars(self)


def _again(kind: type[QngError], args: tuple[Any, ...]) -> QngError:
    return kind.__new__(kind, *args)


class InputError(QngError, ValueError):
    """What was given cannot be used (a wrong length, a NaN, an unknown name, a missing file)."""


class CircuitError(InputError):
    """A circuit that cannot be built or lowered to Pauli rotations and fixed gates."""


class QasmError(CircuitError):
    """OpenQASM text that cannot be read.

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
    """A name that is not in a table; the message offers the nearest ones, whatever their case.

    Args:
        kind: What was looked for, such as "problem" or "method".
        given: The name that was given.
        known: The names that exist.
        likeness: From which on a name is offered as near, 0 to 1; where none is, all are listed.
        meant: The name that is meant for certain; "": nobody knows.
    """

    def __init__(
        self,
        kind: str,
        given: object,
        known: Iterable[str],
        likeness: float = 0.5,
        meant: str = "",
    ) -> None:
        names = sorted(known)
        spelled = {name.lower().replace("_", "-"): name for name in names}
        asked = str(given).lower().replace("_", "-")
        near = [spelled[key] for key in get_close_matches(asked, spelled, n=3, cutoff=likeness)]
        # "none" alone says that there are no names.
        near = [] if names == ["none"] else near
        # Of a name that differs in case only there is no doubt which is meant.
        near = [spelled[asked]] if asked in spelled else near
        near = [meant] if meant else near
        hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names)}"
        super().__init__(f"unknown {kind} {shown(given)}; {hint}")
        self.kind, self.known, self.near = kind, tuple(names), tuple(near)


class MissingPackageError(InputError, ImportError):
    """A package that is needed only here is not installed.

    Args:
        what: What needs it.
        package: The package.
        extra: The extra of this distribution that brings it; "": it comes with every install.
    """

    def __init__(self, what: str, package: str, extra: str = "") -> None:
        command = (
            f'pip install "{DISTRIBUTION}[{extra}]", or pip install -e ".[{extra}]" in a checkout'
            if extra
            else f'pip install "{_requirement(package)}"'
        )
        super().__init__(f"{what} needs the package {package}: {command}")


def need(module: str, what: str, package: str = "", extra: str = "") -> None:
    """Refuse what cannot be done without a package, in one line and before anything is imported.

    Args:
        module: What would be imported.
        what: What needs it, for the message, as "a picture".
        package: That brings it, where it is called otherwise.
        extra: Of this distribution; "": the package comes with every install.

    Raises:
        MissingPackageError: It cannot be found.

    Example:
        >>> need("numpy", "everything")
        >>> need("nowhere", "a journey", extra="travel")
        Traceback (most recent call last):
        ...
        qng.errors.MissingPackageError: a journey needs the package nowhere: pip install \
"quantum-natural-gradient[travel]", or pip install -e ".[travel]" in a checkout

    Cost: a tenth of a millisecond; a package that is loaded costs nothing.
    """
    if sys.modules.get(module) is not None:
        return
    from importlib.util import find_spec

    try:
        found = find_spec(module)
    except (ImportError, ValueError):  # the latter where None stands for it in sys.modules
        found = None
    if found is None:
        raise MissingPackageError(what, package or module, extra)


def _requirement(package: str) -> str:
    """A package with the versions that this distribution asks for, as pip is told."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        listed = requires(DISTRIBUTION) or ()
    except PackageNotFoundError:
        listed = ()
    return next((line for line in listed if re.match(rf"{package}\b[^;-]*$", line)), package)


class UnsupportedMeasureError(InputError):
    """An executor was asked for a measure that it cannot answer."""


class SingularMetricError(QngError):
    """A linear system with a singular metric and nothing to regularise it."""


class EvolutionError(QngError):
    """An evolution in time that could not go on; what was done is its attribute `partial`."""


class ServiceError(QngError):
    """A service elsewhere did not do what it was asked."""


class RefusedError(ServiceError):
    """Nothing was made, and asking again as it stands is in vain.

    Args:
        message: What happened, what is safe and what to do, in one line.
        retranspile: Whether circuits made anew for the device as it is now would do.
    """

    def __init__(self, message: str, retranspile: bool = False) -> None:
        super().__init__(message)
        self.retranspile = retranspile


class NotNowError(ServiceError):
    """Nothing was made; later the same may be taken: a quota, a pause, too many requests.

    Args:
        message: What happened, what is safe and what to do, in one line.
        seconds: After which it may be asked again, where the service says so and it is soon.
    """

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class NoReplyError(ServiceError):
    """Nobody knows whether a request was acted on: no answer, a broken one, a server's error."""


class UnreadableError(ServiceError):
    """A result that is not what was asked for: broken, or of another batch."""


class SurrogateWarning(UserWarning):
    """A value that is exact for pure states was measured on a noisy executor."""


class NoisyMetricWarning(UserWarning):
    """A metric is dominated by the noise of its shots."""


class QasmWarning(UserWarning):
    """OpenQASM text that not everybody reads alike."""


class UnusedDeviceWarning(UserWarning):
    """A QNode's own device or shots, which are not used."""
