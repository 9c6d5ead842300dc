"""A run on quantum hardware, rehearsed without an account: with one, only the name changes."""

import warnings

import qng
from qng.errors import SurrogateWarning
from qng.run.durable.control import collect, submit, verify
from qng.run.durable.driven import cloud_of
from qng.run.durable.forecast import forecast

# The metric is that of the circuit's state without noise.
warnings.simplefilter("ignore", SurrogateWarning)

BACKEND = "fake_manila"  # or "ibm_fez"
LEDGER = "runs.db"
wanted = {"shots": 10_000, "steps": 3, "seed": 0}

# --- before anything is sent: jobs, executions, QPU time by IBM's formula
found = forecast("textbook-2", cloud=cloud_of(qng.executor(BACKEND)), **wanted)
print(f"{found.jobs} jobs, {found.executions} executions, about {found.seconds:.0f} s of QPU time")

# --- send the first job and leave; then come back as often as it takes, from cron say
sent = submit("textbook-2", executor=BACKEND, ledger=LEDGER, **wanted)
print(f"the run {sent.run[:8]} is {sent.state}")
while (now := collect(sent.run, ledger=LEDGER)).waiting:
    print(f"step {now.summary.steps}: {now.waiting}")

# --- the same in one process, cut at its second step, and gone on with: no step is lost or repeated


def impatient(step):
    if step.step == 1:
        raise InterruptedError("the power is gone")


try:
    qng.minimize("textbook-2", executor=BACKEND, ledger=LEDGER, watch=impatient, **wanted)
except InterruptedError as error:
    print(f"cut: {error}")
run = qng.resume(ledger=LEDGER, watch=lambda step: None)
first, second = reversed(qng.runs(LEDGER))
print(f"{run.fun:.3f} +- {run.std_error:.3f} after {run.nit} steps; not cut: {first.energy:.3f}")
assert second.energy == first.energy

# --- both follow from their raw results, without any device
for summary in (first, second):
    verdict = verify(summary.run, ledger=LEDGER)
    print(f"{summary.run[:8]}: {verdict.batches} batches, {verdict.message}")
