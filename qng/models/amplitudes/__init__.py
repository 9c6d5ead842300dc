"""States that are given as vectors: psi(theta) by a function, of any dimension.

In comes a function from parameters to amplitudes, out go its metric, its Berry curvature, and with
a Hermitian matrix a problem, whose natural gradient is stochastic reconfiguration.

    slopes      d psi / d theta: by differences, on a circle of complex points, by JAX
    state       the function, its tangent vectors, metric and curvature
    rayleigh    <psi|H|psi> / <psi|psi> as a loss
"""
