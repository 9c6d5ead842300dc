"""Runs and comparisons made by hand, and what can be said of a picture without its pixels."""

import math
from itertools import combinations

import numpy as np
from matplotlib.text import Text

from qng.optimize.method import Step
from qng.run.comparison import Comparison
from qng.run.results import Goal, Run
from qng.run.trace import Trace

GOAL = Goal("toy", "Toy", "Ha", 1.6e-3, 0.0)


def run_of(method, energies, goal=GOAL, errors=None, failed=False, shots=0):
    """A run whose energies are these, one a row."""
    rows = tuple(
        Step(
            step=k,
            theta=np.array([0.1 * k, -0.1 * k]),
            energy=energy,
            std_error=None if errors is None else errors[k],
            gradient_norm=abs(energy),
            evaluations=3 * (k + 1),
            shots=shots * (k + 1),
            seconds=0.01 * (k + 1),
        )
        for k, energy in enumerate(energies)
    )
    return Run(
        method=method,
        goal=goal,
        x=rows[-1].theta,
        fun=energies[-1],
        std_error=None,
        nit=len(rows) - 1,
        nfev=3 * len(rows),
        success=not failed,
        failed=failed,
        message="all steps done",
        trace=Trace(rows),
        learning_rate=0.1,
    )


def comparison_of(runs, goal=GOAL, steps=20):
    """A comparison of runs by method."""
    starts = np.zeros((max(map(len, runs.values()), default=0), 2))
    return Comparison(goal, {name: tuple(of) for name, of in runs.items()}, starts, steps)


def decaying(method, rate, n=20, **more):
    return run_of(method, [math.exp(-rate * k) for k in range(n + 1)], **more)


def texts_of(figure):
    """Every text that is seen in a figure."""
    found = [*figure.texts]
    for axes in figure.axes:
        found += [*axes.texts, axes.title, axes._left_title, axes._right_title]
        if axes.get_legend() is not None:
            found += axes.get_legend().get_texts()
        for axis in (axes.xaxis, axes.yaxis):
            if not axes.axison:
                continue
            low, high = sorted(axis.get_view_interval())
            ticks = [t for t in axis.get_major_ticks() if low <= t.get_loc() <= high]
            found += [axis.label, *(label for t in ticks for label in (t.label1, t.label2))]
    return [t for t in found if t is not None and t.get_visible() and t.get_text().strip()]


def said(figure):
    return " | ".join(text.get_text() for text in texts_of(figure))


def overlaps(figure):
    """Pairs of texts that lie over each other, and texts that leave the figure."""
    # The extent of an annotation itself would include its pointer.
    boxes = [(text.get_text(), Text.get_window_extent(text)) for text in texts_of(figure)]
    whole = figure.bbox
    out = [
        name
        for name, box in boxes
        if box.x0 < whole.x0 - 1 or box.x1 > whole.x1 + 1
        or box.y0 < whole.y0 - 1 or box.y1 > whole.y1 + 1
    ]  # fmt: skip
    pairs = [
        (first, second)
        for (first, a), (second, b) in combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
    ]
    return out + pairs
