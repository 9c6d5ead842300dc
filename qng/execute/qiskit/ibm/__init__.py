"""IBM's quantum computers, through the client of IBM Quantum: `IBM`.

In come batches, prepared as for every device of Qiskit; out go jobs, and their results as text. On
the way an account is found (`account`), the client's requests are bounded and what they come to is
told in our words (`wire`, `line`, `errors`, `secrets`), the device is looked at (`device`), options
are checked by the client's model (`options`), circuits are counted and go through its sampler
(`batch`, `limits`, `sampling`), and jobs and sessions are followed (`jobs`, `sessions`).

Expectation values can be had of IBM's estimator instead, mitigated (`estimator`, and `local` on
fake backends; `mitigation` has its options, `estimating` its requests and results).
"""

from qng.execute.qiskit.ibm.cloud import ANY, IBM

__all__ = ["ANY", "IBM"]
