"""IBM's client-side estimator on a device that runs here, such as a fake backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from qng import checks
from qng.circuit.circuit import Circuit
from qng.errors import InputError, QngError
from qng.execute.qiskit.ibm import estimating, mitigation
from qng.execute.qiskit.transpile import Transpiler, one_line, quiet
from qng.plan.deal import Dealing
from qng.plan.request import Expectation, Request, Result
from qng.seeds import seed as made_of

_DECIMALS = 12


@dataclass(frozen=True, init=False, eq=False)
class LocalEstimator:
    """An executor that answers expectation values, mitigated, by IBM's estimator run here.

    It measures every qubit of the device, of which there can be few therefore. Every request is a
    job with a seed, and a readout calibration, of its own.

    Args:
        backend: A fake backend, or Aer with a noise model.
        name: How it is called; the backend's name by default.
        resilience_level: 0, 1 (readout, TREX) or 2 (and gates, ZNE).
        options: Of IBM's estimator, nested (`mitigation.py`).
        layer_noise_model: What was learned of the noise of layers, for PEC and PEA.
        optimization_level: Of Qiskit's transpiler, 0 to 3.
        seed_transpiler: Of layout and routing.
        made: How it is made again, as `executor(**made)`; empty where only its owner can.

    Raises:
        InputError: An option that does not exist, or IBM's package is missing.
    """

    name: str
    options: Mapping[str, Any]
    dealing: Dealing
    settings: Mapping[str, Any]
    learned: Any = field(repr=False)
    transpiler: Transpiler = field(repr=False)

    answers: ClassVar[frozenset[type]] = frozenset({Expectation})

    def __init__(
        self,
        backend: Any,
        *,
        name: str = "",
        resilience_level: int = 1,
        options: Mapping[str, Any] | None = None,
        layer_noise_model: Any = None,
        optimization_level: int = 2,
        seed_transpiler: int = 0,
        made: Mapping[str, Any] | None = None,
    ) -> None:
        checks.whole("seed_transpiler", seed_transpiler)
        if optimization_level not in (0, 1, 2, 3):
            raise InputError(f"optimization_level is 0, 1, 2 or 3, not {optimization_level!r}")
        plain = mitigation.checked(resilience_level, options)
        object.__setattr__(self, "name", name or str(backend.name))
        object.__setattr__(self, "options", plain)
        object.__setattr__(self, "dealing", mitigation.dealing(plain))
        object.__setattr__(self, "settings", {} if layer_noise_model else dict(made or {}))
        object.__setattr__(self, "learned", layer_noise_model)
        transpiler = Transpiler(backend, optimization_level, seed_transpiler)
        object.__setattr__(self, "transpiler", transpiler)

    @property
    def noise(self) -> str:
        """That of the device, as far as it is not mitigated."""
        return f"noise model of {self.name}, mitigated"

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        """Values of a batch with their standard errors.

        Raises:
            InputError: A request for anything else, or a circuit that the device cannot do.
            QngError: The client or the simulator failed.
        """
        packet = estimating.packed(requests, seed, self.transpiler)
        return [
            self._answered(one, pub.shots, made_of(seed, k))
            for k, (one, pub) in enumerate(zip(estimating.asked(packet, ""), packet.pubs))
        ]

    def layers(self, circuits: Sequence[Circuit]) -> list[Any]:
        """The layers of circuits whose noise PEC and PEA need.

        Args:
            circuits: Those of a batch, as they are measured together.
        """
        return estimating.layers(circuits, self.transpiler, mitigation.model(self.options))

    def _answered(self, asked: estimating.Asked, shots: int, seed: int) -> Result:
        result = None
        if asked.pubs:
            options = mitigation.model(self.options, shots, layers=self.learned)
            options.simulator.seed_simulator = seed >> 32
            options.simulator.angle_decimals = _DECIMALS
            options.simulator.warn_absent = False
            try:
                result = self._run(asked, options)
            except Exception as error:
                raise QngError(f"the estimator on {self.name} failed: {one_line(error)}") from error
        return estimating.read(result, [asked], "", shots)[0]

    def _run(self, asked: estimating.Asked, options: Any) -> Any:
        from qiskit_ibm_runtime.executor.executor import Executor

        backend = self.transpiler.backend
        program, own = estimating.program([asked], options, backend)
        with quiet():
            return Executor(mode=backend, options=own).run(program).result()
