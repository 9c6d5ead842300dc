"""Bits counted by Qiskit: simulators, fake backends, samplers and hardware, as `Primitives`.

In come circuits, angles and shots; out go counts. On the way the circuits of a batch get their
place on the device (`placement`) and are transpiled with their bases once (`transpile`), for a run
that keeps an account into what is kept of it (`kept`); a batch becomes PUBs with as many shots as
each device allows (`packet`, `load`), these are run as its kind needs it (`devices`, `runners`) and
read (`tallies`), and readout errors are corrected where that is wished (`calibration`).

`primitives` does all this at once, `backend(name)` makes a local device by name (`backends`).

Devices elsewhere, whose jobs outlive this process, are clouds: IBM's computers (`ibm`) and any
backend that finds its jobs again (`retrieved`), of vendors with ways of their own (`vendors`),
whose errors are told in our words (`troubles`); a device here is rehearsed as one (`rehearsal`).
"""

from qng.errors import need

need("qiskit", "what runs on backends and samplers of Qiskit")
