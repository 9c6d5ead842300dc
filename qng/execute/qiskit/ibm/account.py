"""Whose time is used: an account of IBM, saved or in the environment, and what it reaches.

Nothing is reached before it is needed. A token is an argument in Python, which is never stored and
never shown; the command line takes the saved account or that of the environment.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from qng.errors import (
    DISTRIBUTION,
    InputError,
    MissingPackageError,
    NotNowError,
    RefusedError,
    UnknownNameError,
)
from qng.execute.qiskit.ibm.errors import SOON, Told
from qng.execute.qiskit.ibm.line import AbsentError
from qng.execute.qiskit.ibm.secrets import hide
from qng.execute.qiskit.ibm.wire import Wire, inside

CHANNELS: Final = ("ibm_quantum_platform", "ibm_cloud")

PACKAGE: Final = "qiskit-ibm-runtime"

_OLDEST: Final = (0, 50)


@dataclass(frozen=True)
class Account:
    """An account, as far as it is given; the rest is that of the environment, or the saved one.

    Args:
        instance: Its CRN or its name; "": that of the account, else any that has the backend.
        channel: "ibm_quantum_platform" or "ibm_cloud"; "": that of the account.
        token: "": that of the account.
    """

    instance: str = ""
    channel: str = ""
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for name in ("instance", "channel", "token"):
            if not isinstance(getattr(self, name), str):
                raise InputError(f"{name} is text, not {type(getattr(self, name)).__name__}")
        if self.channel and self.channel not in CHANNELS:
            raise UnknownNameError("channel", self.channel, CHANNELS)

    def __deepcopy__(self, memo: dict[int, Any]) -> Account:
        """Itself, token included: it stays in this process."""
        return self

    def __getstate__(self) -> dict[str, str]:
        """Without the token, which is never stored."""
        return {"instance": self.instance, "channel": self.channel, "token": ""}

    def __setstate__(self, state: dict[str, str]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)

    @property
    def arguments(self) -> dict[str, str]:
        """Those of IBM's service."""
        given = {"instance": self.instance or os.environ.get("QISKIT_IBM_INSTANCE", "") or "auto"}
        if self.channel:
            given["channel"] = self.channel
        if self.token:
            given["token"] = self.token
            # With a token the client looks at nothing else of the environment.
            if url := os.environ.get("QISKIT_IBM_URL"):
                given["url"] = url
        return given


@dataclass(eq=False)
class Reach:
    """What an account reaches, made when it is first needed.

    Args:
        account: Whose.
        wire: How.
    """

    account: Account
    wire: Wire
    _service: Any = field(default=None, init=False, repr=False)
    _backends: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Without connections."""
        return {"account": self.account, "wire": self.wire, "_service": None, "_backends": {}}

    @property
    def service(self) -> Any:
        """IBM's service.

        Raises:
            ServiceError: There is no account, or it cannot be used or reached.
        """
        if self._service is None:
            runtime = runtime_module()
            hide([self.account.token, os.environ.get("QISKIT_IBM_TOKEN")])
            told = Told("opening the account", account=True)
            arguments = self.account.arguments
            self._service = self.wire.ask(lambda: runtime.QiskitRuntimeService(**arguments), told)
            hide([(self._service.active_account() or {}).get("token")])
        for client in inside(self._service, "_api_clients").values():
            self.wire.mount(client)
        return self._service

    @property
    def clients(self) -> list[Any]:
        """The clients of the API, one an instance, those of the backends in use first."""
        service = self.service
        used = [inside(backend, "_api_client") for backend in self._backends.values()]
        found = {id(one): one for one in (*used, *inside(service, "_api_clients").values())}
        return list(found.values())

    def told(self, doing: str, *absent: int) -> Told:
        """What every instance is asked in turn.

        Args:
            doing: The same in words.
            absent: Statuses of HTTP with which an instance says that it has no such thing.
        """
        # Where none was named, the client also knows of instances that may not be used.
        several = len(inside(self.service, "_api_clients")) > 1
        return Told(doing, absent=(*absent, 403) if several else absent)

    def backend(self, name: str) -> Any:
        """A backend by its name.

        Raises:
            UnknownNameError: There is none for this account.
            ServiceError: It cannot be reached.
        """
        if name not in self._backends:
            found = self._found(name)
            self.wire.mount(inside(found, "_api_client"))
            self._backends[name] = found
        return self._backends[name]

    def devices(self) -> list[dict[str, Any]]:
        """What the service says of all backends: name, status, queue_length, qubits.

        Raises:
            ServiceError: It cannot be reached.
        """
        told = self.told("asking for the backends")
        seen: dict[str, dict[str, Any]] = {}
        for client in self.clients:
            with suppress(AbsentError):
                for device in self.wire.ask(client.list_backends, told):
                    seen.setdefault(str(device["name"]), device)
        return list(seen.values())

    def left(self) -> float | None:
        """QPU seconds that the instance has left; None where the service does not say.

        Raises:
            ServiceError: It cannot be reached.
        """
        asked = self.told("asking for the time that is left")
        for client in self.clients:
            with suppress(AbsentError):
                return _left(self.wire.ask(client.cloud_usage, asked))
        return None

    def _found(self, name: str) -> Any:
        from qiskit.providers.exceptions import QiskitBackendNotFoundError

        service = self.service
        refused: list[RefusedError] = []

        def found() -> Any:
            try:
                return service.backend(name)
            except QiskitBackendNotFoundError:
                # Said of a dead network and of a token that is not accepted as well.
                if failure := self.wire.now().failure:
                    raise failure from None
                return None

        try:
            backend = self.wire.ask(found, Told(f"asking for {name}"))
        except RefusedError as error:
            refused.append(error)
            backend = None
        if backend is not None:
            return backend
        # Whatever stood in the way is met again here, or there is none of this name.
        known = [str(device["name"]) for device in self.devices()]
        if name not in known:
            raise UnknownNameError("backend of IBM", name, known)
        # What the client remembers of a service that did not answer is wrong.
        self._service = None
        raise (*refused, NotNowError(f"IBM does not describe {name} now", SOON))[0]


def _left(told: Mapping[str, Any]) -> float | None:
    limit = told.get("usage_limit_seconds") or told.get("usage_allocation_seconds")
    if told.get("usage_limit_reached"):
        return 0.0
    if limit is None:
        return None
    return max(float(limit) - float(told.get("usage_consumed_seconds") or 0), 0.0)


def check_package() -> None:
    """Refuse a client that is missing or too old, without importing it.

    Raises:
        InputError: Saying how to install it.
    """
    try:
        version = importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError as error:
        raise MissingPackageError("IBM's hardware", PACKAGE, "ibm") from error
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < _OLDEST:
        raise InputError(
            f"{PACKAGE} {version} is too old, {_OLDEST[0]}.{_OLDEST[1]} or newer is needed: "
            f'pip install -U "{DISTRIBUTION}[ibm]"'
        )


def runtime_module() -> Any:
    """IBM's client, which takes seconds to import.

    Raises:
        InputError: It is missing or too old.
    """
    check_package()
    try:
        import qiskit_ibm_runtime
    except ImportError as error:
        raise MissingPackageError("IBM's hardware", PACKAGE, "ibm") from error
    return qiskit_ibm_runtime
