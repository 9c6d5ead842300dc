"""A request to a service, waited for as long as is sensible: SDKs may wait, and ask, for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from qng.errors import NoReplyError

T = TypeVar("T")


def watched(ask: Callable[[], T], seconds: float, whom: str) -> T:
    """What a request gives, if it is there in time.

    The thread of a request that is late is left to itself: it ends with this process.

    Args:
        ask: Asks.
        seconds: How long it may take.
        whom: Who is asked, for the message.

    Raises:
        NoReplyError: It takes longer.
        Exception: What the request itself raises.
    """
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(ask())
        # Handed on, whatever it is: in a thread it would be printed and forgotten.
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, daemon=True, name=f"a request to {whom}").start()
    try:
        return future.result(timeout=seconds)
    except TimeoutError as error:
        # The request may raise one of its own.
        if future.done() and future.exception() is error:
            raise
        raise NoReplyError(f"{whom} has not answered for {seconds:g} s") from None
