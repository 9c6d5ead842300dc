"""Problems of wave functions by name."""

from __future__ import annotations

from typing import Final

from qng.models.problem import ModelProblem
from qng.models.wave.chains import marshall
from qng.models.wave.jastrow import Jastrow, MeanField
from qng.models.wave.rbm import RBM
from qng.models.wave.sampler import ExactSum, Metropolis
from qng.models.wave.vmc import vmc
from qng.problem.hamiltonians import heisenberg, tfim

SOURCE: Final = "NetKet's tutorials of the Ising model (netket.readthedocs.io)"


def rbm_tfim_8() -> ModelProblem:
    """A real RBM of alpha 1 on the critical Ising ring of 8 spins, summed exactly."""
    return _rbm_tfim(8)


def rbm_tfim_10() -> ModelProblem:
    """The same with 10 spins: P29."""
    return _rbm_tfim(10)


def rbm_tfim_8_sampled() -> ModelProblem:
    """The same with 8 spins, from 1008 Metropolis samples a step."""
    title = "RBM, critical Ising ring of 8 spins, sampled"
    return vmc(tfim(8), RBM(8), Metropolis(), name="rbm-tfim-8-sampled", title=title, source=SOURCE)


def jastrow_tfim_8() -> ModelProblem:
    """A Jastrow wave function of two distances on the critical Ising ring of 8 spins."""
    title = "Jastrow, critical Ising ring of 8 spins"
    wave = Jastrow(8, (1, 2))
    return vmc(tfim(8), wave, name="jastrow-tfim-8", title=title, source=SOURCE)


def mean_field_tfim_8() -> ModelProblem:
    """A product of equal spins on the critical Ising ring of 8: its optimum is -10."""
    title = "Mean field, critical Ising ring of 8 spins"
    wave = MeanField(8, shared=True)
    return vmc(tfim(8), wave, start=[0.05], name="mean-field-tfim-8", title=title, source=SOURCE)


def rbm_heisenberg_8() -> ModelProblem:
    """A real RBM on the Heisenberg ring of 8 spins, every second one turned (`marshall`)."""
    h = marshall(heisenberg(8), 8)
    title = "RBM, Heisenberg ring of 8 spins"
    source = "Carleo, Troyer, Science 355, 602 (2017), at 8 spins"
    return vmc(h, RBM(8), ExactSum(0), name="rbm-heisenberg-8", title=title, source=source)


def _rbm_tfim(n: int) -> ModelProblem:
    title = f"RBM, critical Ising ring of {n} spins"
    return vmc(tfim(n), RBM(n), name=f"rbm-tfim-{n}", title=title, source=SOURCE)
