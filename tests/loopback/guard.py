"""A guard: no other host than 127.0.0.1 is looked up, or reached, and nothing is encrypted."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

HERE = frozenset(("127.0.0.1", "localhost", "::1", "", "0.0.0.0"))


class Elsewhere(BaseException):
    """A name of another host; nobody catches it who catches exceptions."""


def stay_here() -> None:
    """Raise where this process looks up, or connects to, a host elsewhere."""
    ask, connect = socket.getaddrinfo, socket.socket.connect

    def asked(host: Any, *rest: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and name not in HERE:
            raise Elsewhere(f"{name} was looked up")
        return ask(host, *rest, **named)

    def connected(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in HERE:
            raise Elsewhere(f"{address[0]} was connected to")
        connect(self, address)

    socket.getaddrinfo = asked
    socket.socket.connect = connected  # type: ignore[method-assign]


@contextmanager
def without_certificates() -> Iterator[None]:
    """Here the client reads none: what is asked on this machine is not encrypted.

    It would read those of all authorities twice an account, which takes as long as what is asked.
    """
    from ibm_cloud_sdk_core.http_adapter import SSLHTTPAdapter
    from requests.adapters import HTTPAdapter

    reading = SSLHTTPAdapter.init_poolmanager
    SSLHTTPAdapter.init_poolmanager = HTTPAdapter.init_poolmanager
    try:
        yield
    finally:
        SSLHTTPAdapter.init_poolmanager = reading
