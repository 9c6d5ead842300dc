"""Exact states: the executor `Statevector`, and single states as arrays.

In come circuits and angles; out go amplitudes, expectation values, gradients, derivative states and
bits drawn from exact distributions. There are two ways through a circuit:

    operation by operation    `program`, `states`; what shots look at, in `shots`
    in few passes             `fused`: gradients (`points`) and derivative states (`tangents`)

Circuits of few qubits take a third, with NumPy alone: `small`.

The loops over amplitudes are in `kernels`.
"""

from qng.execute.statevector.executor import Statevector as Statevector
from qng.execute.statevector.states import apply as apply
from qng.execute.statevector.states import state as state
from qng.execute.statevector.states import unitary as unitary
