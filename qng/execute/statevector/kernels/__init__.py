"""Loops over amplitudes, compiled by numba: what is fast is here, and nothing else.

States come as arrays and leave changed. Those of `plain` are complex, shape (2^n,), and take the
operations of a circuit one by one; all others are in planes, shape (1 or 2, 2^n), the real parts
and then the imaginary ones, and take the passes of `fuse.py` (`kinds.py`).

    called from Python    plain.evolve, plain.push_forward, plain.add_sum; gates.make; sweeps.*
    a state through them  carry, with turns and tables
    derivative states     additions and slopes, with hermitian and walsh
    below all of these    kinds, bits, simd, jit

Index j of a state holds qubit q in bit q. X^x Z^z takes amplitude j to j ^ x with (-1)^|j & z|.
"""
