"""How kernels become machine code, once a machine.

jit       the decorators of kernels and of their parts
ways      which of two ways is taken: quick, or plain where numba has not what that needs
trial     small kernels that show it
quick     numba's compiler without what kernels do not need: `parts`, and
            cache     machine code on disk
            called    a kernel called where its machine code is
plain     numba as it is documented
sources   what machine code depends on
"""
