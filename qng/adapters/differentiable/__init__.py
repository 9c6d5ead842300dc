"""Functions of theta with derivatives of our own, for frameworks that follow derivatives.

`jax` and `torch` say to their framework what stands here in NumPy.

    jets        f, f', f'' at many points in one batch
    derived     energies, expectation values, probabilities      metrics     the same of metrics
    asked       what a user hands over, and whom to ask          rehearsed   what would be refused
    natural     M d = grad for gradients that the framework has
"""
