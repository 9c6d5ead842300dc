"""Excited states: several levels of one Hamiltonian.

In come problems of one circuit; out go energies with errors, beside the exact levels where these
are known.

    ssvqe      all levels at once: a weighted sum of energies of orthogonal states
    vqd        one after the other: penalties for overlaps with the states below
    subspace   the problem that `ssvqe` minimises, for `qng.minimize` and `qng.compare`
    Deflated   a problem that `vqd` minimises, likewise
    levels     the lowest levels, exactly, in a sector of symmetries too

`qng.symmetries` has the symmetries and penalties that keep a state in their sector.
"""

from qng.problem.levels import levels as levels
from qng.problem.subspace import subspace as subspace
from qng.run.excited.deflated import Deflated as Deflated
from qng.run.excited.results import ExcitedStates as ExcitedStates
from qng.run.excited.ssvqe import ssvqe as ssvqe
from qng.run.excited.vqd import vqd as vqd

__all__ = ["Deflated", "ExcitedStates", "levels", "ssvqe", "subspace", "vqd"]
