"""The classical Fisher matrix of the Born distribution p(x) = |psi_x|^2 of a measurement.

    I_ij = sum_x d_i p(x) d_j p(x) / p(x),   I <= 4 g in every basis

In comes a circuit, a point and a `basis`, given or random; out comes a plan for I, or for its
diagonal: from derivative states (`exact`) or from counted bits (`counted`, with the `frequencies`
it is made of and their `variances`). Unlike g it is that of what is measured, noise included.
"""
