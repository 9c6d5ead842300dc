"""Circuits of other languages as ours, and back.

In come OpenQASM 3 text, Qiskit's QuantumCircuits and PennyLane's functions, QNodes and tapes; out
go circuits of Pauli rotations and fixed gates, equal up to a global phase, and in the other
direction theirs. Each language has a folder with a reader and a writer; all of them lower to turns
about words (`lowering`, `tidy`, `matrices`), with the gates that they share in `stdgates`. What is
no unitary circuit is refused by name. Users enter by the constructors on `Circuit` and `PauliSum`.
"""
