"""A run in MLflow: sent from a thread of its own, so that no step waits for a server.

MLflow's reports of its own use are switched off, unless MLFLOW_DISABLE_TELEMETRY says otherwise.
"""

from __future__ import annotations

import logging
import os
import time
import warnings
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from qng.errors import InputError, MissingPackageError
from qng.optimize.method import Step
from qng.report.live.lost import in_a_line, warn_of_loss, without_password
from qng.report.live.numbers import afterwards, numbers, settings
from qng.run.results import Run

T = TypeVar("T")

_TAG: Final = "qng.run"
"""By which a run is found again."""

_MOST: Final = 900
"""Numbers that are sent at once; MLflow takes 1000."""

_PATIENCE: Final = 30.0
"""Seconds that the end of a run waits for what is not sent yet."""

_WAITS: Final = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2"}
"""How long a server is waited for, where the environment does not say."""

_DONE: Final = None


class MLflow:
    """A view of one run.

    Args:
        uri: Of the tracking server, or of a database: "http://host:5000", "sqlite:///mlflow.db".
        name: Of the run; MLflow makes one up by default.
        experiment: In which it is; made where there is none.
        run: By which the run is known here, such as its name in a ledger: a run of the experiment
            that has it is continued. None: a new one.
        reference: The energy from which errors are measured; None: no errors are shown.

    Raises:
        MissingPackageError: mlflow is not installed.
        InputError: Nothing can be sent there.
    """

    def __init__(
        self,
        uri: str,
        name: str | None = None,
        *,
        experiment: str = "qng",
        run: str | None = None,
        reference: float | None = None,
    ) -> None:
        self.uri = without_password(uri)
        self.reference = reference
        self._client, self.run_id = _asked(
            uri, lambda client: _run_id(client, experiment, name, run)
        )
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._trouble: Exception | None = None
        self._warned = False
        self._thread = Thread(target=self._serve, name="qng-mlflow", daemon=True)
        self._thread.start()

    def __call__(self, step: Step) -> None:
        """Show a step."""
        self._put(step.step, numbers(step, self.reference))

    def ended(self, run: Run) -> None:
        """Show the last point, what is known only now, and how the run was made and ended."""
        last = run.trace.rows[-1]
        self._put(last.step, numbers(last, self.reference))
        for step, known in afterwards(run):
            self._put(step, known)
        versions = {} if run.made is None else run.made.versions
        tags = {"qng.message": run.message, **{f"version.{k}": v for k, v in versions.items()}}
        status = "FAILED" if run.failed else "KILLED" if run.interrupted else "FINISHED"
        self._queue.put((settings(run.made), tags, status))

    def close(self) -> None:
        """Send what is left, and wait for it for half a minute at most."""
        self._queue.put(_DONE)
        self._thread.join(_PATIENCE)
        if self._thread.is_alive():
            self._trouble = TimeoutError(f"no answer within {_PATIENCE:g} s")
        self._warn()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _put(self, step: int, values: dict[str, float]) -> None:
        self._warn()
        now = int(1000 * time.time())
        self._queue.put([(name, value, now, step) for name, value in values.items()])

    def _warn(self) -> None:
        if self._trouble is not None and not self._warned:
            self._warned = True
            warn_of_loss(f"MLflow at {self.uri}", self._trouble)

    def _serve(self) -> None:
        """Send what comes, as much at once as there is, until the end of it."""
        done = False
        while not done:
            items = [self._queue.get()]
            while not self._queue.empty():  # nobody else takes from it
                items.append(self._queue.get())
            done = items[-1] is _DONE
            if self._trouble is None:
                try:
                    self._send(items)
                except Exception as error:
                    self._trouble = error

    def _send(self, items: Sequence[Any]) -> None:
        from mlflow.entities import Metric

        values = [Metric(*value) for item in items if isinstance(item, list) for value in item]
        for at in range(0, len(values), _MOST):
            self._client.log_batch(self.run_id, metrics=values[at : at + _MOST])
        for item in items:
            if isinstance(item, tuple):
                self._end(*item)

    def _end(self, words: dict[str, str], tags: dict[str, str], status: str) -> None:
        known = self._client.get_run(self.run_id).data.params
        for name, word in words.items():
            # A parameter cannot be changed, and a run that goes on has them already.
            if name not in known:
                self._client.log_param(self.run_id, name, word[:6000])
        for name, word in tags.items():
            self._client.set_tag(self.run_id, name, word[:5000])
        self._client.set_terminated(self.run_id, status)


def usable(uri: str, experiment: str = "qng") -> None:
    """Ask a tracking server or database whether it is there, and make the experiment.

    Raises:
        MissingPackageError: mlflow is not installed.
        InputError: Nothing can be sent there.
    """
    _asked(uri, lambda client: _experiment(client, experiment))


def _asked(uri: str, ask: Callable[[Any], T]) -> tuple[Any, T]:
    """A client of a tracking server or database, and what it was asked.

    Raises:
        MissingPackageError: mlflow is not installed.
        InputError: It does not answer, or not as it should.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    for variable, value in _WAITS.items():
        os.environ.setdefault(variable, value)
    with warnings.catch_warnings():
        # MLflow and its database warn of each other.
        warnings.simplefilter("ignore")
        try:
            from mlflow.tracking import MlflowClient
        except ImportError as error:
            raise MissingPackageError("MLflow", "mlflow-skinny", "mlflow") from error
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        try:
            client = MlflowClient(uri)
            return client, ask(client)
        except Exception as error:
            where = without_password(uri)
            raise InputError(f"MLflow at {where} cannot be used: {in_a_line(error)}") from error


def _experiment(client: Any, name: str) -> str:
    found = client.get_experiment_by_name(name)
    return str(client.create_experiment(name) if found is None else found.experiment_id)


def _run_id(client: Any, experiment: str, name: str | None, run: str | None) -> str:
    """The run in MLflow: that which was begun before, or a new one."""
    number = _experiment(client, experiment)
    if run is not None:
        known = client.search_runs([number], f"tags.`{_TAG}` = '{run}'", max_results=1)
        if known:
            client.update_run(known[0].info.run_id, status="RUNNING")
            return str(known[0].info.run_id)
    tags = {} if run is None else {_TAG: run}
    return str(client.create_run(number, run_name=name, tags=tags).info.run_id)
