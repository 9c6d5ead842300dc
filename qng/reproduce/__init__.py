"""Published experiments: their settings as data, our numbers beside the published ones.

An entry comes in, a reproduction goes out: its runs, one verdict a number, and a picture.
`qng.reproduce.entry` says how an entry is written.
"""

from qng.report.sources import Source as Source
from qng.reproduce import check as check
from qng.reproduce import legacy as legacy
from qng.reproduce import pictures as pictures
from qng.reproduce import plots as plots
from qng.reproduce import published as published
from qng.reproduce.entry import Entry as Entry
from qng.reproduce.entry import Study as Study
from qng.reproduce.judging import FIGURE as FIGURE
from qng.reproduce.judging import OWN as OWN
from qng.reproduce.judging import PRINTED as PRINTED
from qng.reproduce.judging import Claim as Claim
from qng.reproduce.judging import Verdict as Verdict
from qng.reproduce.results import Reproduction as Reproduction
from qng.reproduce.results import Results as Results
from qng.reproduce.runner import reproduce as reproduce
