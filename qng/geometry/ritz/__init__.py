"""H on a state and its tangent space: the metrics and steps of methods that diagonalise it there.

`dense` has the equations and the matrix, `products` the same by its products alone, `noise` the
errors of what is concluded from it, `steps` the length of a step.
"""
