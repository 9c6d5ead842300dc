"""Where the classes are that may stand in a text of `codec`: of others none is ever made."""

from __future__ import annotations

from typing import Final

ROOMS: Final[dict[str, tuple[str, ...]]] = {
    "qng.circuit.angle": ("Angle",),
    "qng.circuit.circuit": ("Circuit",),
    "qng.circuit.gate": ("Gate", "Rotation"),
    "qng.circuit.pauli": ("Pauli", "PauliSum"),
    "qng.estimate.fisher.frequencies": ("Frequencies",),
    "qng.estimate.fisher.variances": ("FisherNoise",),
    "qng.estimate.fubini.hadamard": ("CurvatureEstimate", "HadamardNoise"),
    "qng.estimate.gaussnewton": ("SquaresNoise",),
    "qng.estimate.parts.moments": ("Bits", "CountedNoise"),
    "qng.estimate.parts.stencil": ("PairNoise",),
    "qng.geometry": (
        "AbsoluteEigenvalues",
        "AdaptiveTikhonov",
        "Blocks",
        "Dense",
        "Diagonal",
        "Direct",
        "Floored",
        "Identity",
        "Kronecker",
        "LeastSquares",
        "LinearDamping",
        "LowRank",
        "Marquardt",
        "PseudoInverse",
        "ShiftedEigenvalues",
        "Shrunk",
        "SmoothCutoff",
        "Solution",
        "SpectralCutoff",
        "Tikhonov",
    ),
    "qng.geometry.entries": ("Entries",),
    "qng.geometry.noise": (
        "Bounded",
        "Independent",
        "Largest",
        "OnDiagonal",
        "Pulled",
        "Sum",
        "Terms",
        "Together",
    ),
    "qng.models.charts": ("Reparametrised",),
    "qng.models.learning.classifier": ("CircuitClassifier",),
    "qng.models.learning.consolidation": ("Anchor", "Anchored"),
    "qng.models.coordinates": ("Coordinates",),
    "qng.models.functions": ("FunctionLoss", "Residuals"),
    "qng.models.learning.labels": (
        "BernoulliLabels",
        "CategoricalLabels",
        "GaussianLabels",
        "SoftmaxLabels",
    ),
    "qng.models.learning.labelled": ("Labelled",),
    "qng.models.learning.supervised": ("Supervised",),
    "qng.models.learning.minibatch": ("OfBatch",),
    "qng.models.learning.perceptron": ("Perceptron",),
    "qng.models.problem": ("ModelProblem",),
    "qng.models.wave.covariance": ("SampledNoise",),
    "qng.models.wave.jastrow": ("Jastrow", "MeanField"),
    "qng.models.wave.rbm": ("RBM",),
    "qng.models.wave.sampler": ("DirectSampling", "ExactSum", "Metropolis"),
    "qng.models.wave.variational": ("Variational",),
    "qng.models.wave.wave": ("WaveFunction",),
    "qng.models.statistics.born": ("Born",),
    "qng.models.distributions.categorical": ("Categorical",),
    "qng.models.distributions.counts": ("Binomial", "ExponentialDistribution", "Poisson"),
    "qng.models.distributions.from_scipy": ("FromScipy",),
    "qng.models.distributions.joint": ("Product",),
    "qng.models.distributions.mixture": ("Mixture",),
    "qng.models.distributions.multivariate": ("MultivariateNormal",),
    "qng.models.distributions.normal": ("Normal",),
    "qng.models.statistics.likelihood": ("Likelihood", "Match"),
    "qng.models.statistics.noise": ("MeanNoise", "SquareNoise"),
    "qng.optimize.accept": ("Always", "Blocking"),
    "qng.optimize.average": ("Broyden", "InverseVariance", "RunningMean"),
    "qng.optimize.matrices": ("Orthogonalised", "Shampoo"),
    "qng.optimize.method": ("Accepted", "State", "Step"),
    "qng.optimize.optimizer": ("Optimizer",),
    "qng.optimize.precondition": (
        "AveragedSquares",
        "Belief",
        "Euclidean",
        "MeasuredMetric",
        "SummedSquares",
    ),
    "qng.optimize.rotosolve": ("Rotosolve",),
    "qng.optimize.scipy": ("SciPy",),
    "qng.optimize.search.armijo": ("Armijo",),
    "qng.optimize.search.divergence": ("DivergenceRegion",),
    "qng.optimize.search.geodesic": ("Geodesic",),
    "qng.optimize.search.length": (
        "Constant",
        "Cosine",
        "Exponential",
        "InverseTime",
        "Schedule",
        "TrustRegion",
    ),
    "qng.optimize.search.plane": ("PlaneSearch",),
    "qng.optimize.search.post": ("AsIs", "HeavyBall"),
    "qng.optimize.search.trust": ("AdaptiveTrustRegion",),
    "qng.optimize.signal": (
        "Ahead",
        "AveragedGradient",
        "Momentum",
        "Nesterov",
        "NormalisedMomentum",
        "Plain",
    ),
    "qng.optimize.spaces": ("Range",),
    "qng.plan.counts": ("Counts",),
    "qng.plan.executor": ("Handle",),
    "qng.plan.quantities": ("By", "Energy", "GradientEstimate"),
    "qng.plan.readout": ("Readout",),
    "qng.plan.request": ("Values",),
    "qng.plan.shots": ("PerCircuit",),
    "qng.problem.problem": ("Problem", "Reference"),
    "qng.report.plots.bars": ("Bars",),
    "qng.report.plots.field": ("Field",),
    "qng.report.plots.lines": ("Level", "Line", "Lines"),
    "qng.report.plots.matrix": ("Eigenvalues", "HeatMap"),
    "qng.report.plots.picture": ("Picture",),
    "qng.report.plots.plane": ("Landscape", "Trail"),
    "qng.report.plots.sphere": ("Sphere",),
    "qng.report.sources": ("Source",),
    "qng.reproduce.judging": ("Verdict",),
    "qng.reproduce.results": ("Reproduction",),
    "qng.run.evolution": ("Evolution", "Exact", "Moment", "Setting"),
    "qng.run.integrate": ("Integrator",),
    "qng.run.journal": ("Batch", "Journal", "Reached"),
    "qng.run.made": ("MetricResult", "Origin", "StepsResult"),
    "qng.run.recipe": ("Recipe",),
    "qng.run.results": ("Comparison", "Goal", "Run", "StepReport", "Trace"),
    "qng.run.several": ("Comparisons",),
    "qng.run.tuning": ("Trial", "Tune", "Tuning"),
}


def places() -> dict[str, tuple[str, str]]:
    """Room and name of every class, by what it is called in a text.

    That is its name; of a model that is called like something else its room goes before it.
    """
    found: dict[str, tuple[str, str]] = {}
    for room, names in sorted(ROOMS.items(), key=lambda item: item[0].startswith("qng.models")):
        for name in names:
            found[f"{room}.{name}" if name in found else name] = room, name
    return found


def tags() -> dict[str, tuple[str, ...]]:
    """What classes of a name are called in a text, by that name."""
    found: dict[str, tuple[str, ...]] = {}
    for tag, (_, name) in places().items():
        found[name] = (*found.get(name, ()), tag)
    return found
