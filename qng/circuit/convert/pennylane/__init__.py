"""PennyLane's circuits and observables to ours, and back.

In comes a QNode, a quantum function or a tape, with arguments; out goes a circuit with a parameter
for every trainable number, where these stand among the arguments, and the observables
(`Conversion`); and back a quantum function of theta, or a tape at numbers. `source` is what is
handed over, `boxed` runs it with boxes (`trace`, `symbol`) and lowers its operations (`gates`,
`table`, `refuse`). What was found at one point is asked again at every other (`follow`), and what
is not followed is converted anew there (`anew`, `slopes`). `costs` are sums of QNodes. `tape` is
the way back.
"""

from qng.errors import need

need("pennylane", "what reads or writes circuits and operators of PennyLane")


from qng.circuit.convert.pennylane.conversion import (
    Argument,
    Conversion,
    convert,
    from_pennylane,
    observables,
    problem_parts,
)
from qng.circuit.convert.pennylane.costs import Cost, cost_of
from qng.circuit.convert.pennylane.tape import angles_tape, to_pennylane
from qng.circuit.convert.pennylane.unused import unused

__all__ = [
    "Argument",
    "Conversion",
    "Cost",
    "angles_tape",
    "convert",
    "cost_of",
    "from_pennylane",
    "observables",
    "problem_parts",
    "to_pennylane",
    "unused",
]
