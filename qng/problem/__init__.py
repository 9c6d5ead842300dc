"""What is minimised: circuits, an observable, a start, and the energy to compare with.

In come folders, molecules, circuits and QNodes of other packages; out go problems.

    problem   Problem, Reference            library   problems in folders, by name
    molecule  a room: from atoms to a problem    ground    lowest levels, exactly
    hamiltonians  usual ones, as sums   free_fermions  the Ising ring, on half the qubits
    symmetries  electrons, spins, and penalties that keep a state in a sector
    levels    the lowest ones, exactly, in a sector too
    foreign   circuits of Qiskit and PennyLane where ours are expected
    given     whatever a user hands over -> problem, circuits, point
"""
