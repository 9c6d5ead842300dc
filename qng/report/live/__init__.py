"""Runs while they go on, in other people's dashboards: TensorBoard and MLflow.

A view is a function of a step, to be given as `watch=` to `minimize` or `resume`:

    from qng.report.live import TensorBoard

    with TensorBoard("logs/h2-qng", reference=problem.reference_energy().energy) as board:
        run = qng.minimize(problem, watch=board)
        board.ended(run)

`ended` adds what is known only then: the last point, exact energies and fidelities, and why the run
ended. A view has no part in a run: one that is lost on the way is warned of once, and the run goes
on without it.

    numbers       what is shown of a step
    tensorboard   event files, for `tensorboard --logdir`     (extra `tensorboard`)
    mlflow        a tracking server, or its database          (extra `mlflow`)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from qng.report.live.mlflow import MLflow as MLflow
    from qng.report.live.tensorboard import TensorBoard as TensorBoard

_WHERE: Final = {"MLflow": "mlflow", "TensorBoard": "tensorboard"}

__all__ = ["MLflow", "TensorBoard"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'qng.report.live' has no attribute {name!r}")
    return getattr(import_module(f"qng.report.live.{_WHERE[name]}"), name)
