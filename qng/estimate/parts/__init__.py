"""What estimators share: rules for derivatives, statistics of shots, numbers of shots.

    shift       derivatives of trigonometric polynomials from their values: -F''(0)/2
    stencil     d_r d_s f of sinusoids from values at shifts, and its variance under A^T D A
    moments     Cov(A^T z) of signed bits z, with the variances of its entries
    words       means of Pauli words, with their covariance
    products    errors of products of means, to second order
    shares      shots by what a point contributes, n_k ~ |w_k|
    diagonal    the diagonal of a matrix that was estimated

Here are formulas only: no plan is made, and no executor is known.
"""
