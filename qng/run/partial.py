"""What is done when something is raised: it travels with the exception."""

from __future__ import annotations

from typing import Any


def keep_partial(error: BaseException, partial: Any) -> None:
    """Let an exception carry what was done until it was raised, and say so.

    Args:
        error: It gets an attribute `partial`.
        partial: A run or a comparison.
    """
    vars(error)["partial"] = partial
    if not getattr(error, "__notes__", None):
        error.add_note("what was done so far is kept: the attribute `partial` of this exception")


def partial_of(error: BaseException) -> Any:
    """What an exception carries, or None."""
    return getattr(error, "partial", None)


def error_in_words(error: BaseException) -> str:
    """An exception in one line.

    Example:
        >>> error_in_words(ValueError("no such thing"))
        'ValueError: no such thing'
    """
    return f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(": ")
