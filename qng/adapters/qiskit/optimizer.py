"""Our methods as an `Optimizer` of qiskit-algorithms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import ArrayLike
from qiskit_algorithms.optimizers import Optimizer as _Base
from qiskit_algorithms.optimizers import OptimizerResult, OptimizerSupportLevel

from qng.adapters.functions.loop import STEPS
from qng.adapters.functions.readings import AUTO, Noise
from qng.adapters.qiskit.protocol import Callback, minimizer
from qng.optimize.method import Method
from qng.plan.quantities import By
from qng.plan.shots import Shots
from qng.seeds import Key


class Optimizer(_Base):  # type: ignore[misc]
    """A method of ours where qiskit-algorithms takes an optimizer.

        VQE(estimator, ansatz, Optimizer("qng", lr=0.4))

    It knows the circuit by itself where VQE, SamplingVQE, QAOA, VQD or AdaptVQE call it. Bounds are
    not used: parameters are angles, which go round.

    Arguments as of `minimizer`.

    Raises:
        InputError: Bad input.
    """

    def __init__(
        self,
        method: str | Method = "qng",
        circuit: Any = None,
        *,
        maxiter: int = STEPS,
        maxfev: int | None = None,
        tol: float | None = None,
        callback: Callback | None = None,
        termination_checker: Callback | None = None,
        executor: Any = "statevector",
        shots: Shots | None = None,
        seed: Key = 0,
        gradient: By | str | None = None,
        std_error: Noise = AUTO,
        **hyperparameters: Any,
    ) -> None:
        super().__init__()
        self._given = {
            "method": method,
            "circuit": circuit,
            "maxiter": maxiter,
            "maxfev": maxfev,
            "tol": tol,
            "callback": callback,
            "termination_checker": termination_checker,
            "executor": executor,
            "shots": shots,
            "seed": seed,
            "gradient": gradient,
            "std_error": std_error,
            **hyperparameters,
        }
        minimizer(**self._given)  # bad input is refused here

    @property
    def settings(self) -> dict[str, Any]:
        """Its arguments: `Optimizer(**settings)` is the same."""
        return dict(self._given)

    def get_support_level(self) -> dict[str, Any]:
        """Gradients are used where there are any, bounds are not, a start is needed."""
        return {
            "gradient": OptimizerSupportLevel.supported,
            "bounds": OptimizerSupportLevel.ignored,
            "initial_point": OptimizerSupportLevel.required,
        }

    def minimize(
        self,
        fun: Callable[..., Any],
        x0: ArrayLike,
        jac: Callable[..., Any] | None = None,
        bounds: Any = None,
    ) -> Any:
        """Minimise; arguments as of `Minimizer.__call__`.

        Returns:
            An `OptimizerResult`, with the further fields of `qng.scipy_method` besides.
        """
        result = OptimizerResult()
        for name, value in minimizer(**self._given)(fun, x0, jac).items():
            setattr(result, name, value)
        return result
