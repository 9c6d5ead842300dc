"""What is known of a point: numbers with their errors, and None for what is not known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from qng.arrays import Array
from qng.run.diagnosis.reading import Reading

NO_METRIC: Final = "none: grad . grad"
"""What stands for g where there is none."""

Ground = Literal["exact", "shots"]


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of a point.

    Args:
        ground: "exact": the states are known, and nothing has an error but what a model draws;
            "shots": all is measured.
        parameters: The names of the free parameters.
        qubits: n; None of a model.
        unit: Of the energy.
        accuracy: The error below which the problem counts as solved.
        reference: The energy from which errors are measured, or None.
        energy: At the point.
        variance: <H^2> - <H>^2 of the state, or None.
        gradient: Shape (P,).
        gradient_error: Its standard errors, shape (P,); None where exact.
        slope: grad . (g + damping)^-1 . grad, the square of the slope of the energy along the
            states.
        damping: 0: on the range of g.
        metric: Eigenvalues of g, descending, shape (P,).
        metric_by: Which metric stands for g; "": all of it.
        metric_error: Their standard errors; None where exact.
        rank: How many of these are information; None where it is not known.
        rank_elsewhere: The largest at random points, or None.
        directions: What no circuit on as many qubits exceeds (of real states, where circuit and
            observable are real), or None.
        hessian: Eigenvalues of the Hessian, descending; of a large problem its ends only.
        left: What is left to gain near the point, by its curvature, or None.
        drop: How far the energy falls along a direction of negative curvature, or None: it does not
            bend down.
        drop_change: The change of the parameters that does that, shape (P,), or None.
        share: u^2, of `flatness`, or None.
        bend: c^2 likewise.
        peak: The largest |eigenvalue| of the Hessian on the scale of c, or None.
        share_elsewhere: The median of u^2 at random points, or None.
        still: Parameters that move the energy nowhere.
        bottom: The energy where an exact minimisation from here ends, or None.
        bottoms: Those from random starts, shape (starts,).
        best: The start of the lowest of these, shape (P,), or None.
        starts_seed: From which these starts were drawn.
        executor: What the run, or the diagnosis, was on.
        noise: What disturbs its states; "": nothing.
        state: The energy of the noiseless state, where `energy` has noise and this is cheap.
        read: The energy that this executor gives at the point, or None.
        shots: Of a step, or of the diagnosis; None: exact.
        shots_each: Whether these are for every circuit.
        step_noise: What shots add to `slope` in a step, damped by `floor_damping`, or None.
        step_slope: grad . (g + floor_damping)^-1 . grad.
        step_change: What a step of the run changes the energy by without noise, or None.
        step_mean: The same on average with the noise of its shots, or None.
        method: Of the run, or that was asked about; "": none.
        eta: The median size of its last steps, or NaN.
        rises: By what the energy rose in single steps at the end of the run, in all; NaN: not
            known.
        falls: By what it fell.
        steps: How many steps that was.
        next_change: What the next step changes the energy by, or NaN.
        next_best: The part of it at which the energy is lowest, or NaN.
        next_gain: What that part gains.
        next_longer: The multiple of it, 2 to 32, at which the energy is lowest, where that is lower
            than after the step; else NaN.
        steepest: 1 / (the largest eigenvalue of the Hessian), of gradient descent: a rate that does
            not overshoot; NaN: of other methods.
        decay: By what the logarithm of what is left to gain fell in a step at the end of the run;
            NaN: not known.
        missed: Share of the squared gradient in directions that the metric of the method does not
            have; NaN: it has none.
        method_metric: What that metric is called.
        failed: Why the run had to stop; "": it did not.
        nit: Updates of the run; 0 without one.
        limit: Its limit on updates.
        evaluations: What the diagnosis has cost.
        notes: What was left out, and why.
    """

    ground: Ground
    parameters: tuple[str, ...]
    qubits: int | None
    unit: str
    accuracy: float
    reference: float | None
    energy: Reading
    variance: Reading | None
    gradient: Array
    gradient_error: Array | None
    slope: Reading
    damping: float
    metric: Array
    metric_error: Array | None
    metric_by: str = ""
    rank: int | None = None
    rank_elsewhere: int | None = None
    directions: int | None = None
    hessian: Array = field(default_factory=lambda: np.zeros(0))
    left: Reading | None = None
    drop: Reading | None = None
    drop_change: Array | None = None
    share: Reading | None = None
    bend: Reading | None = None
    peak: Reading | None = None
    share_elsewhere: float | None = None
    still: tuple[str, ...] = ()
    bottom: float | None = None
    bottoms: Array = field(default_factory=lambda: np.zeros(0))
    best: Array | None = None
    starts_seed: int = 0
    executor: str = "statevector"
    noise: str = ""
    state: Reading | None = None
    read: Reading | None = None
    shots: int | None = None
    shots_each: bool = False
    step_noise: float | None = None
    step_slope: float = float("nan")
    step_change: float | None = None
    step_mean: Reading | None = None
    method: str = ""
    eta: float = float("nan")
    rises: float = float("nan")
    falls: float = float("nan")
    steps: int = 0
    next_change: float = float("nan")
    next_best: float = float("nan")
    next_gain: float = float("nan")
    next_longer: float = float("nan")
    steepest: float = float("nan")
    decay: float = float("nan")
    missed: float = float("nan")
    method_metric: str = ""
    failed: str = ""
    nit: int = 0
    limit: int = 0
    evaluations: int = 0
    notes: tuple[str, ...] = ()

    @property
    def error(self) -> Reading | None:
        """The energy above the reference, of the noiseless state where it is known; or None."""
        known = self.energy if self.state is None else self.state
        return None if self.reference is None else known.minus(self.reference)

    @property
    def gain(self) -> Reading | None:
        """What is to be had from here: by minimising where that was done, else by curvature."""
        if self.bottom is not None:
            return Reading(max(self.energy.value - self.bottom, 0.0))
        return self.left

    @property
    def rounding(self) -> float:
        """Slopes that are no larger are rounding, where they are exact; in the unit of E."""
        sizes = [abs(self.energy.value), *np.abs(self.hessian[:1]), *np.abs(self.hessian[-1:])]
        return 1e-12 * float(np.nanmax(sizes))

    @property
    def stuck(self) -> bool:
        """Whether the last steps of the run went up and down, by energies without shots and noise.

        Of 20 steps of equal size, up or down at random, the sum is below half of the sum of their
        sizes in 97 % of cases.
        """
        moved = self.falls + self.rises
        return self.steps > 0 and self.falls - self.rises < 0.5 * moved

    @property
    def all_round(self) -> str:
        """A method that suits the problem: "qng", or one that needs no metric."""
        return "l-bfgs-b" if self.metric_by == NO_METRIC else "qng"

    @property
    def reach(self) -> float:
        """What the slope can give at most, with no parameter turned by more than half a turn."""
        return float(np.pi * np.abs(self.gradient).sum())

    @property
    def bottom_error(self) -> float | None:
        """How far above the reference the minimisation from here ends."""
        if self.bottom is None or self.reference is None:
            return None
        return self.bottom - self.reference

    @property
    def captured(self) -> float | None:
        """slope / (4 variance), the share of the way of imaginary time that the circuit can go."""
        if self.variance is None or self.variance.value <= 0 or self.metric_by:
            return None
        return min(max(self.slope.value / (4 * self.variance.value), 0.0), 1.0)
