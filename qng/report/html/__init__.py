"""Results as one page that needs nothing else: no network, no files beside it.

    traces     views, curves and axes as data for Plotly
    figures    what is drawn of runs and comparisons
    pictures   pictures of `qng.report.plots`, to be looked into
    geometry   the metric where a run has ended
    repeat     how a result is made again
    chapters   what a page says of a run, a comparison, a published experiment
    others     what it says of metrics, steps, evolutions, geometries
    page       all of it with its style, its script and Plotly, once    (extra `report`)

Only `page` needs the extra. Whatever comes from a result is text: nothing of it is ever read as
HTML, and the page lets no other script run.
"""

from __future__ import annotations

from qng.report.html.chapters import Chapter as Chapter
from qng.report.html.chapters import of_comparison as of_comparison
from qng.report.html.chapters import of_comparisons as of_comparisons
from qng.report.html.chapters import of_picture as of_picture
from qng.report.html.chapters import of_run as of_run
from qng.report.html.others import of_other as of_other
from qng.report.html.page import page as page
