"""Before the first job of a run: whether its account can pay for all of them."""

from __future__ import annotations

from dataclasses import replace

from qng.errors import RefusedError
from qng.plan.cloud import Cloud
from qng.run.durable.forecast import UnforeseenError, foreseen
from qng.run.durable.halts import go_on_with
from qng.run.durable.patience import Patience
from qng.run.durable.waiting import Parked, Waiting
from qng.run.ledger.entry import Entry
from qng.run.task import Task


def afford(task: Task, cloud: Cloud, entry: Entry, patience: Patience) -> None:
    """Park a run that is more than its account has left, as long as it has sent nothing.

    Where nothing answers, the first job will say so, and what it costs is looked at before it.

    Args:
        task: The run.
        cloud: Its device.
        entry: The run in its ledger.
        patience: How this process waits.

    Raises:
        Parked: With what it is estimated at and what is left.
        InputError: A circuit that does not fit the device.

    Cost: transpiling the circuits of a step, which are kept, where the service says what is left.
    """
    if cloud.local or any(row.attempt for row in entry.batch_rows()):
        return
    command = go_on_with(entry.run, entry.store.path, entry.own)
    brief = replace(patience, leave=True)
    try:
        left = brief.reached(cloud.left, "nothing was sent")
        if left is None:
            return
        found = brief.reached(
            lambda: foreseen(task, cloud, entry.label, entry.shelf, left), "nothing was sent"
        )
    except (UnforeseenError, RefusedError, Waiting):
        return
    budget = patience.terms.max_seconds
    # A budget that the account can pay ends the run before its quota is used up.
    bounded = budget is not None and budget <= left
    if why := found.exceeds if bounded else found.refused:
        message = (
            f"{why}: nothing was sent; begin one with fewer --steps or --shots, or wait: "
            f"{command} looks again"
        )
        entry.parked(message)
        raise Parked(message)
