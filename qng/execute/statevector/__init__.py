"""The exact executor."""

from qng.execute.statevector.executor import Statevector as Statevector
from qng.execute.statevector.executor import apply as apply
from qng.execute.statevector.executor import state as state
from qng.execute.statevector.executor import unitary as unitary
