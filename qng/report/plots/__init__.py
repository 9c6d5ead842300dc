"""Pictures, as values that are drawn, stored and drawn again.

    picture = plots.compared(comparison)          # or convergence, share, trace, metric, ...
    plots.save(picture, "compare-h2.pdf")         # beside it compare-h2.json, its numbers
    plots.save(plots.load("compare-h2.json"), "again.pdf")      # the same file
    picture.draw(ax=axes)                         # into axes of yours

In come the values of `qng.run` and plain numbers, out go `Picture`s: panels with a title and a
caption. `lines` draws curves of any kind, `together` joins pictures to one.

    courses    convergence  share  compared  several   traces   trace
    points     metric  curvature  steps  heat_map  eigenvalues
    paths      landscape  bloch
    sweeps     success  cost  rates
    squares    adam
    scans      scan                         levels   levels
    evolutions evolution
    ansatz     geometry  spectra  ranks  effective  curvature_map  ... (its module has the names)
    curves     lines, and what else is curves
    picture    the value, and its layout on paper
    files      save  load
    look       style, colours, text                    names    titles, names beside lines

`plt.style.use("qng.report.plots.paper")` gives the style to pictures of your own.
"""

from qng.errors import need

need("matplotlib", "a picture")


from qng.report.plots.courses import compared, convergence, several, share
from qng.report.plots.curves import line_of, lines, slope_of
from qng.report.plots.evolutions import evolution
from qng.report.plots.files import load, save
from qng.report.plots.levels import levels
from qng.report.plots.lines import Line
from qng.report.plots.look import COLUMN, PAGE
from qng.report.plots.paths import bloch, bloch_vectors, landscape, landscape_of
from qng.report.plots.picture import Picture, together
from qng.report.plots.points import curvature, eigenvalues, heat_map, metric, steps
from qng.report.plots.scans import scan
from qng.report.plots.squares import adam
from qng.report.plots.sweeps import cost, rates, success
from qng.report.plots.traces import trace

__all__ = [
    "COLUMN",
    "PAGE",
    "Line",
    "Picture",
    "adam",
    "bloch",
    "bloch_vectors",
    "compared",
    "convergence",
    "cost",
    "curvature",
    "eigenvalues",
    "evolution",
    "heat_map",
    "landscape",
    "landscape_of",
    "levels",
    "line_of",
    "lines",
    "load",
    "metric",
    "rates",
    "save",
    "scan",
    "several",
    "share",
    "slope_of",
    "steps",
    "success",
    "together",
    "trace",
]
