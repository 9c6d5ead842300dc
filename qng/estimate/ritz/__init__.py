"""H on a state and its tangent space, from states or from shots (`qng.geometry.ritz`).

`exact` makes the plans from states, `counted` from Hadamard tests, `probes` says which circuits
those are, `errors` what their noise is.
"""
