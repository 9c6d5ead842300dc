"""A function of the user's, minimised in the metric of a circuit: what `scipy` and `qiskit` share.

readings    the function, asked and counted, and its noise
slopes      gradients as combinations of readings            choice      which are the better ones
gradients   these, or jac
given       circuits and start                               objective   what a method may ask
loop        a run in other loops
"""
