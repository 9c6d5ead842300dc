"""How kernels become machine code, once a machine.

jit       the decorators of kernels and of their parts
parts     numba's compiler without what kernels do not need
cache     machine code on disk
called    a kernel called where its machine code is
"""
