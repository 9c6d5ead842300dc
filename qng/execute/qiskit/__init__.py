"""Bits counted by Qiskit: simulators, fake backends, samplers and hardware, as `Primitives`.

In come circuits, angles and shots; out go counts. On the way a circuit and its basis are transpiled
once (`transpile`), a batch becomes PUBs with as many shots as each device allows (`primitives`),
these are run as its kind needs it (`devices`, `runners`) and read (`tallies`), and readout errors
are corrected where that is wished (`calibration`). `backend(name)` makes one by name (`backends`).

Devices elsewhere, whose jobs outlive this process, are clouds: IBM's computers (`ibm`) and any
backend that finds its jobs again (`retrieved`), of vendors with ways of their own (`vendors`),
whose errors are told in our words (`troubles`); a device here is rehearsed as one (`rehearsal`).
"""
