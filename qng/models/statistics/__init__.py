"""Statistical models: what is known of any distribution, and what is learned from data with it.

In comes a model, of `models.distributions` or of one's own (`model.Model`); out go its Fisher
matrix, divergences and bounds, and losses that are likelihoods.

    model         the protocol, and score and density of any model
    slopes        derivatives of what has none of its own
    averages axes         means over a model: sums, quadrature, Monte Carlo
    information           Fisher matrix, mean score; the empirical Fisher matrix
    divergence            KL and its expansion          curves        Fisher-Rao lengths
    bounds processing     Cramer-Rao; chain rule and data processing
    likelihood fitting    losses of data and of a target, and problems of them
    noise         errors of mean squares
    born          the Born distribution of a circuit
"""
