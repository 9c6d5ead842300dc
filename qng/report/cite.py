"""What to cite for a result: its methods, its problem and the software, found from what it is.

A method is looked at part by part, not by its name: a combination of your own has the sources of
its parts, and one without a source (gradient descent, Newton) has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from qng import __version__
from qng.errors import InputError
from qng.estimate.observables.metric import COEFFICIENTS, TERMS
from qng.geometry import LinearDamping, Proximal
from qng.optimize.average import Broyden
from qng.optimize.cmaes import CMAES
from qng.optimize.matrices import Orthogonalised, Shampoo
from qng.optimize.method import Method
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import AveragedSquares, Belief, MeasuredMetric, SummedSquares
from qng.optimize.quiver import Quiver
from qng.optimize.rotosolve import Rotosolve
from qng.optimize.scipy import SciPy
from qng.optimize.search.divergence import DivergenceRegion
from qng.optimize.search.geodesic import Geodesic
from qng.optimize.search.plane import PlaneSearch
from qng.optimize.search.post import HeavyBall
from qng.optimize.signal import AveragedGradient, Momentum, Nesterov
from qng.plan.quantities import By
from qng.problem.anyproblem import AnyProblem
from qng.report.literature import TEXTS
from qng.report.sources import Source
from qng.run.evolution import Evolution
from qng.run.excited.results import ExcitedStates
from qng.run.made import MetricResult, StepsResult
from qng.run.relations import AdamReport
from qng.run.results import Run

QNG: Final = Source(
    "qng",
    ("{The qng developers}",),
    "qng: quantum natural gradient and metric-aware variational optimisation",
    version=__version__,
)
"""This software."""

_PACKAGES: Final = (
    Source(
        "numpy",
        ("Charles R. Harris", "K. Jarrod Millman", "Stéfan J. van der Walt", "others"),
        "Array programming with NumPy",
        2020,
        "Nature",
        "585",
        "357–362",
        "10.1038/s41586-020-2649-2",
    ),
    Source(
        "scipy",
        ("Pauli Virtanen", "Ralf Gommers", "Travis E. Oliphant", "others"),
        "SciPy 1.0: Fundamental Algorithms for Scientific Computing in Python",
        2020,
        "Nature Methods",
        "17",
        "261–272",
        "10.1038/s41592-019-0686-2",
    ),
    Source(
        "qiskit",
        ("Ali Javadi-Abhari", "Matthew Treinish", "Kevin Krsulich", "others"),
        "Quantum computing with Qiskit",
        2024,
        arxiv="2405.08810",
    ),
    Source(
        "pennylane",
        ("Ville Bergholm", "Josh Izaac", "Maria Schuld", "Christian Gogolin", "others"),
        "PennyLane: Automatic differentiation of hybrid quantum-classical computations",
        2018,
        arxiv="1811.04968",
    ),
    Source(
        "pyscf",
        ("Qiming Sun", "Xing Zhang", "Samragni Banerjee", "others"),
        "Recent developments in the PySCF program package",
        2020,
        "The Journal of Chemical Physics",
        "153",
        "024109",
        "10.1063/5.0006074",
    ),
)

_SOFTWARE: Final = {source.key: source for source in _PACKAGES}

# How the source of a molecule tells what has found its orbitals.
_SOLVERS: Final = {"by PySCF": "pyscf", "by PennyLane": "pennylane"}

_METRICS: Final = {
    "fisher": "amari1998",
    "fisher-diagonal": "amari1998",
    "fisher-random": "kolotouros2023",
    "spsa": "gacon2021",
    "sld": "koczor2022",
    "hilbert-schmidt": "koczor2022",
    "random-measurements": "kolotouros2024",
    "petz": "petz1996",
    "wa": "shi2025",
    "kfac": "martens2015",
    "gauss-newton": "nocedal2006",
    "linear-method": "toulouse2007",
    "projected-inverse": "zhang2026",
    "hessian": "",
}
"""By the name of the estimator; all others measure the Fubini-Study metric."""

LEVELS: Final = {"ssvqe": "nakanishi2019", "vqd": "higgott2019"}
"""Of the ways to excited states."""

_WEIGHTS: Final = {COEFFICIENTS: "shi2025b", TERMS: "shi2025"}
"""Of the metric of observables; with all others it is a projection of g."""

_SCIPY: Final = {
    "L-BFGS-B": ("byrd1995", "zhu1997"),
    "BFGS": ("nocedal2006",),
    "SLSQP": ("kraft1988",),
    "COBYLA": ("powell1994",),
}

_ARXIV: Final = re.compile(r"arXiv:(\d{4}\.\d{4,5})")


def of_method(method: Method) -> tuple[Source, ...]:
    """What a method comes from, the whole before its parts.

    Example:
        >>> from qng.optimize.methods import named
        >>> [source.key for source in of_method(named("momentum-qng"))]
        ['borysenko2024', 'stokes2020']
    """
    return _texts(_keys(method))


def of_problem(problem: AnyProblem) -> tuple[Source, ...]:
    """What a problem comes from: its own text about its source, and the papers that it names."""
    found = []
    if problem.source:
        title, text = problem.title or problem.name, " ".join(problem.source.split())
        key = re.sub(r"[^A-Za-z0-9]+", "-", problem.name).strip("-")
        found.append(Source(f"problem-{key}", (), title, note=text))
        by_number = {source.arxiv: source for source in TEXTS.values() if source.arxiv}
        found += [by_number[n] for n in _ARXIV.findall(text) if n in by_number]
        found += [_SOFTWARE[key] for word, key in _SOLVERS.items() if word in text]
    return tuple(found)


def of_software(versions: Mapping[str, str], executor: str = "statevector") -> tuple[Source, ...]:
    """This software and the packages that had a part in a result, with their versions.

    Args:
        versions: By package, as a recipe has them.
        executor: Its name: Qiskit and PennyLane are named where they have answered.
    """
    asked = ["numpy", "scipy"]
    if executor.startswith("pennylane"):
        asked.append("pennylane")
    elif not executor.startswith(("statevector", "function")):
        asked.append("qiskit")
    here = replace(QNG, version=versions.get("qng", __version__))
    return here, *(
        replace(_SOFTWARE[name], note=f"version {versions[name]}")
        for name in asked
        if name in versions
    )


def of_runs(runs: Iterable[Run]) -> tuple[Source, ...]:
    """What to cite for runs: all methods, then all problems, then the software.

    Raises:
        InputError: None of them says how it was made.
    """
    made = [run.made for run in runs if run.made is not None]
    if not made:
        raise InputError("this result does not say how it was made, so nobody knows what to cite")
    return unique(
        [
            *(source for recipe in made for source in of_method(recipe.method)),
            *(source for recipe in made for source in of_problem(recipe.problem)),
            *(
                source
                for recipe in made
                for source in of_software(recipe.versions, recipe.executor)
            ),
        ]
    )


def of_levels(found: ExcitedStates) -> tuple[Source, ...]:
    """What to cite for levels: how they were found, then their runs.

    Raises:
        InputError: None of these says how it was made.
    """
    return unique([TEXTS[LEVELS[found.method]], *of_runs(found.runs)])


def of_result(result: MetricResult | StepsResult | Evolution | AdamReport) -> tuple[Source, ...]:
    """What to cite for what is no run: its methods or its metric, its problem, the software.

    Raises:
        InputError: It does not say how it was made.

    Example:
        >>> from qng.run.made import metric_result
        >>> [source.key for source in of_result(metric_result("one-qubit", None, "fisher"))][:1]
        ['amari1998']
    """
    made = result.made
    if made is None:
        raise InputError("this result does not say how it was made, so nobody knows what to cite")
    return unique(
        [
            *_texts(_keys_of(result)),
            *of_problem(made.problem),
            *of_software(made.versions, made.executor),
        ]
    )


def unique(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Each source once, with keys that differ where the sources do: the second gets a letter."""
    kept: dict[str, Source] = {}
    for source in sources:
        if source in kept.values():
            continue
        names = (source.key, *(f"{source.key}{letter}" for letter in "bcdefghijklmnopqrstuvwxyz"))
        key = next(name for name in names if name not in kept)
        kept[key] = replace(source, key=key)
    return tuple(kept.values())


def _texts(keys: Iterable[str]) -> tuple[Source, ...]:
    return tuple(TEXTS[key] for key in dict.fromkeys(keys) if key)


def _keys_of(result: MetricResult | StepsResult | Evolution | AdamReport) -> Iterator[str]:
    """The keys of the sources of a result that is no run."""
    if isinstance(result, MetricResult):
        yield from _metric(By(result.name, **result.options))
    elif isinstance(result, StepsResult):
        for method in result.methods.values():
            yield from _keys(method)
    elif isinstance(result, Evolution):
        yield "yuan2019"
        yield from _metric(By.of(result.made.metric))
    elif result.made is not None:
        yield from _keys(result.made.method)


def _keys(method: Method) -> Iterator[str]:
    """The keys of the sources of a method."""
    if isinstance(method, SciPy):
        yield from _SCIPY.get(method.name, ())
    elif isinstance(method, Rotosolve):
        yield from ("ostaszewski2021", "nakanishi2020")
    elif isinstance(method, CMAES):
        yield from ("hansen2001", "hansen2016")
    elif isinstance(method, Quiver):
        yield from ("coyle2026", "spall1992")
    elif isinstance(method, Optimizer):
        metric = method.precondition
        measured = isinstance(metric, MeasuredMetric)
        yield from _searched(method, measured)
        yield "goldshlager2024" if isinstance(method.solve, Proximal) else ""
        if isinstance(method.solve, LinearDamping):
            yield "chen2024" if method.solve.shortest else ""
            yield "sorella1998"
        if isinstance(metric, MeasuredMetric):
            yield "fitzek2024" if isinstance(metric.average, Broyden) else ""
            yield from _metric(By.of(metric.by))
        elif isinstance(metric, AveragedSquares):
            averaged = isinstance(method.signal, AveragedGradient)
            yield "kingma2014" if averaged else "tieleman2012"
        else:
            yield "duchi2011" if isinstance(metric, SummedSquares) else ""
            yield "zhuang2020" if isinstance(metric, Belief) else ""
            yield "gupta2018" if isinstance(metric, Shampoo) else ""
            yield "jordan2024" if isinstance(metric, Orthogonalised) else ""
        yield from _gradient(By.of(method.gradient).estimator)


def _searched(method: Optimizer, measured: bool) -> Iterator[str]:
    """Of how the step is found along a direction, and of the signal."""
    yield "halla2025" if isinstance(method.search, PlaneSearch) else ""
    yield "halla2024" if isinstance(method.search, Geodesic) else ""
    yield "schulman2015" if isinstance(method.search, DivergenceRegion) else ""
    if isinstance(method.post, HeavyBall):
        yield "borysenko2024" if measured else "polyak1964"
    yield "polyak1964" if isinstance(method.signal, Momentum) else ""
    yield "nesterov1983" if isinstance(method.signal, Nesterov) else ""


def _metric(by: By) -> Iterator[str]:
    estimator = by.estimator
    if estimator == "observables":
        yield _WEIGHTS.get(str(dict(by.options).get("weight")), "stokes2020")
        return
    yield _METRICS.get(estimator, "stokes2020") if isinstance(estimator, str) else ""
    yield "mari2021" if estimator == "overlaps" else ""
    yield "motta2024" if estimator == "linear-method" else ""


def _gradient(estimator: Any) -> Iterator[str]:
    yield "spall1992" if estimator == "spsa" else ""
