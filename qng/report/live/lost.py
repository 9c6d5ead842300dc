"""What is done where a live view is lost: the run goes on without it."""

from __future__ import annotations

import re
import warnings


def warn_of_loss(view: str, error: BaseException) -> None:
    """Warn that a view is lost."""
    warnings.warn(
        f"{view} is lost: {in_a_line(error)}; the run goes on without it", UserWarning, stacklevel=2
    )


def in_a_line(error: BaseException, most: int = 300) -> str:
    """An error of somebody else's, without line breaks and without what stands before an @.

    Example:
        >>> in_a_line(ValueError("no answer from https://me:secret@host/x,  try later"))
        'no answer from https://host/x, try later'
    """
    text = without_password(" ".join(str(error).split())) or type(error).__name__
    return text if len(text) <= most else f"{text[: most - 3]}..."


def without_password(text: str) -> str:
    """Addresses without the names and passwords in them."""
    return re.sub(r"(\w+://)[^/\s@]*@", r"\1", text)
