"""The Fubini-Study metric g and the Berry curvature F of a circuit.

    QGT_ij = <d_i psi|d_j psi> - <d_i psi|psi><psi|d_j psi> = g_ij + (i/2) F_ij,   QFI = 4 g

In comes a circuit and a point; out comes a plan for a `Metric` in the parameters, or for F. For
rotations r before s, with p_r = <P_r> after rotation r and c_rs = <W^dagger P_s W P_r> there,
W being everything between the two,

    g_rs = (Re c_rs - p_r p_s) / 4,   F_rs = -Im c_rs / 2,   g_theta = A^T g A

and the modules differ in how they get at them:

    exact        derivative states of a simulator: full, low-rank, products, diagonal, blocks
    blocks       prefix states, where words commute: `division` (what is counted), `prefixes`
    overlaps     |<psi(phi)|psi(phi + x)>|^2 at shifts of pi/2 and more: `coordinates`
    hadamard     an ancilla that shows c_rs: `ancilla` (the circuits)
    random       overlaps in random directions; `subspace`: of randomly drawn parameters

`connection` has the Christoffel symbols of g, `form` says which form of the exact metric is
cheapest. All of it is of pure states, and a surrogate on an executor with noise.
"""
