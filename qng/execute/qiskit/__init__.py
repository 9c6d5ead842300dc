"""Bits counted by Qiskit: simulators, fake backends, noise models, any sampler or backend.

In come requests for samples; out go counts, corrected for readout errors where that was asked for.

    primitives   the executor                   runners      SamplerV2 and BackendV2, one interface
    transpile    circuits for a device          backends     executors by name
    calibration  of readout errors
"""
