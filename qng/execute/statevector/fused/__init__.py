"""A circuit as few passes over the amplitudes.

fuse        the kinds of passes, and a circuit as a list of them
gather      operations on their way into passes; mixers, patterns and spectra are what some
kinds of them allow beyond that
passes      the passes at one point, as kernels take them, and sweeps of single states
team        several threads in one sweep
"""
