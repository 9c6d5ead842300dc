"""Functions called on the workers of a dask.distributed cluster.

What goes there and what comes back are bytes, pickled and unpickled here: a result is what a local
call would return, to the last bit. A task whose worker dies is done again on another one, and
every task has one result.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final, TypeVar

from qng.errors import (
    CircuitError,
    InputError,
    MissingPackageError,
    QngError,
    SingularMetricError,
    UnsupportedMeasureError,
)

S = TypeVar("S")
T = TypeVar("T")

_SECONDS_TO_CONNECT: Final = 5.0

_SECONDS_BETWEEN_LOOKS: Final = 5.0

_SECONDS_WITHOUT_WORKERS: Final = 60.0

# Errors that are made of one message, the special ones first.
_PLAIN: Final = (UnsupportedMeasureError, SingularMetricError, CircuitError, InputError, QngError)


@dataclass(frozen=True)
class Cluster:
    """A cluster that can be reached; see `connected`.

    Args:
        client: A `distributed.Client`.
        owned: Whether it was made here, and is to be closed.
    """

    client: Any
    owned: bool = False

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect, where the connection was made here."""
        if self.owned:
            self.client.close()

    @property
    def address(self) -> str:
        """Of the scheduler."""
        scheduler = self.client.scheduler
        return str(scheduler.address) if scheduler is not None else "an address of before"

    @property
    def slots(self) -> int:
        """How many tasks can run at one time.

        Raises:
            InputError: There are no workers.
        """
        slots = self._threads()
        if slots == 0:
            raise InputError(
                f"the cluster at {self.address} has no workers: start some with "
                f"`dask worker {self.address}`"
            )
        return slots

    def map(self, f: Callable[[S], T], items: Sequence[S]) -> Iterator[tuple[int, T]]:
        """f(item) of every item, as (number of the item, result), in the order they are done.

        Args:
            f: Sent once a batch and kept by the workers, with what it has in its caches.
            items: One task each.

        Raises:
            InputError: There are no workers, or f cannot be sent.
            QngError: Raised by f; or all workers were lost, or a task has ended several of them.
        """
        import cloudpickle

        if self.slots == 0 or not items:
            return
        try:
            head = cloudpickle.dumps(f)
            bodies = [cloudpickle.dumps(item) for item in items]
        except Exception as error:
            raise InputError(f"this cannot be sent to workers: {_line(error)}") from error
        futures = self.client.map(partial(_call, head), bodies, pure=False)
        left = {future: number for number, future in enumerate(futures)}
        del futures
        try:
            for future in self._as_completed(left):
                yield left.pop(future), self._result(future)
        finally:
            if left and self.client.status == "running":
                self.client.cancel(list(left))

    def _as_completed(self, left: dict[Any, int]) -> Iterator[Any]:
        from distributed import as_completed

        seen = time.monotonic()
        while left:
            try:
                yield from as_completed(
                    list(left), loop=self.client.loop, timeout=_SECONDS_BETWEEN_LOOKS
                )
            except TimeoutError:
                if self.client.status != "running":
                    raise self._lost() from None
                if self._threads():
                    seen = time.monotonic()
                elif time.monotonic() - seen > _SECONDS_WITHOUT_WORKERS:
                    raise QngError(
                        f"the cluster at {self.address} has been without workers for "
                        f"{time.monotonic() - seen:.0f} seconds: start some and repeat"
                    ) from None

    def _result(self, future: Any) -> Any:
        from distributed import KilledWorker

        try:
            failure, value = pickle.loads(future.result())
        except CancelledError as error:
            raise self._lost() from error
        except KilledWorker as error:
            raise QngError(
                f"a task was given up, because the workers that ran it ended: {_line(error)}"
            ) from error
        except ImportError as error:
            raise QngError(
                f"the cluster at {self.address} cannot load the task ({_line(error)}): install "
                "the same version of qng for its scheduler and its workers"
            ) from error
        if failure is not None:
            raise _PLAIN[failure](value)
        return value

    def _lost(self) -> QngError:
        return QngError("the connection to the cluster was lost: start it and repeat")

    def _threads(self) -> int:
        try:
            return sum(self.client.nthreads().values())
        except (OSError, RuntimeError, ValueError) as error:
            raise self._lost() from error


def connected(where: Any) -> Cluster:
    """The cluster at an address.

    Args:
        where: The address of a scheduler ("tcp://host:8786"), the path of a scheduler file
            (".json"), a `distributed.Client`, or a cluster object such as `LocalCluster`.

    Raises:
        InputError: The package is missing, no cluster answers, or it has no workers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingPackageError("a cluster", "distributed", "dask") from error
    if isinstance(where, Cluster):
        return Cluster(where.client)
    owned = not isinstance(where, Client)
    cluster = Cluster(_client(where) if owned else where, owned)
    try:
        _ = cluster.slots
    except QngError:
        cluster.close()
        raise
    return cluster


def _client(where: Any) -> Any:
    from distributed import Client

    address = where
    if isinstance(where, Path) or (isinstance(where, str) and where.endswith(".json")):
        try:
            address = json.loads(Path(where).read_text(encoding="utf-8"))["address"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{where} is no scheduler file that can be read: {_line(error)}"
            ) from (error)
    if isinstance(address, str) and address:
        _knock(address)
    elif not hasattr(where, "scheduler_address"):
        raise InputError(
            f"a cluster is given by the address of its scheduler, as tcp://host:8786, not {where!r}"
        )
    return Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)


def _knock(address: str) -> None:
    """See whether a cluster answers: a client that fails to connect takes long to give up."""
    from distributed import Security
    from distributed.comm import connect

    async def knock() -> None:
        secrets = Security().get_connection_args("client")
        comm = await connect(address, timeout=_SECONDS_TO_CONNECT, **secrets)
        await comm.close()

    try:
        # A notebook has an event loop of its own in this thread.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, knock()).result()
    except Exception as error:
        raise InputError(
            f"no cluster answers at {address}: give the address that `dask scheduler` prints, "
            "as tcp://host:8786"
        ) from error


def _call(head: bytes, body: bytes) -> bytes:
    """On a worker: the pickled (None, result), or (number of an error, its message)."""
    import cloudpickle

    found: tuple[int | None, Any]
    try:
        found = None, _loaded(head, threading.get_ident())(pickle.loads(body))
    except QngError as error:
        kind = next(k for k, plain in enumerate(_PLAIN) if isinstance(error, plain))
        found = kind, str(error)
    done: bytes = cloudpickle.dumps(found)
    return done


@lru_cache(maxsize=128)
def _loaded(head: bytes, _: int) -> Any:
    """One function a thread, so that tasks side by side share nothing."""
    return pickle.loads(head)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
