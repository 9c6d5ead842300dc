"""A session at the device: opened once a run, taken up again after a crash, closed at the end."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from qng.errors import NoReplyError, NotNowError
from qng.execute.qiskit.ibm.account import Reach
from qng.execute.qiskit.ibm.errors import SOON, Told
from qng.execute.qiskit.ibm.line import AbsentError
from qng.plan.cloud import Shelf

PLACE: Final = "session"
"""Where its id lies on the shelf of a run."""

_OVER: Final = ("closed", "pending_closed")


def entered(reach: Reach, backend: Any, longest: int | None, shelf: Shelf) -> Any:
    """The session of a run, a new one where there is none that takes jobs.

    Args:
        reach: The account.
        backend: At which device.
        longest: Seconds after which it ends by itself; None: what the plan allows.
        shelf: Where its id is kept.

    Raises:
        ServiceError: It cannot be had now.

    Cost: one POST where a new one is opened.
    """
    from qiskit_ibm_runtime import Session

    if lives(reach, shelf):
        known = (shelf.get(PLACE) or b"").decode()
        return reach.wire.ask(
            lambda: Session.from_id(known, reach.service), Told("taking up the session")
        )
    opened: list[Any] = []

    def made() -> str:
        opened.append(Session(backend, max_time=longest))
        return str(opened[0].session_id)

    try:
        name = reach.wire.made(made, Told("opening a session"))
    except NoReplyError as error:
        # One that nobody knows of holds no job and costs nothing.
        raise NotNowError(f"{error}; no job was made", SOON) from None
    shelf.put(PLACE, name.encode())
    if opened:
        return opened[0]
    return reach.wire.ask(
        lambda: Session.from_id(name, reach.service), Told("taking up the session")
    )


def lives(reach: Reach, shelf: Shelf) -> bool:
    """Whether a run has a session that takes jobs.

    Args:
        reach: The account.
        shelf: Where its id is kept.
    """
    known = (shelf.get(PLACE) or b"").decode()
    return bool(known) and takes_jobs(reach, known)


def takes_jobs(reach: Reach, name: str) -> bool:
    """Whether a session takes jobs.

    Args:
        reach: The account.
        name: Its id.
    """
    told = reach.told("looking at the session", 404)
    for client in reach.clients:
        try:
            details = reach.wire.ask(partial(client.session_details, name), told)
        except AbsentError:
            continue
        if isinstance(details, Mapping):
            return bool(details.get("accepting_jobs")) and details.get("state") not in _OVER
    return False


def left(reach: Reach, shelf: Shelf) -> None:
    """Close the session of a run, if it has one: jobs in it run, no more are taken.

    Args:
        reach: The account.
        shelf: Where its id is kept.
    """
    known = (shelf.get(PLACE) or b"").decode()
    if not known:
        return
    told = reach.told("closing the session", 404, 409)
    for client in reach.clients:
        try:
            reach.wire.ask(partial(client.close_session, known), told)
        except AbsentError:
            continue
        break
    shelf.put(PLACE, b"")
