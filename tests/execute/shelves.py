"""Shelves in memory and what is tried on them: the first step of a run as a packet."""

from __future__ import annotations

import qng
from qng.execute.qiskit.packet import packed
from qng.optimize.methods import method as method_of
from qng.plan.deal import PILOT, Dealing, split
from qng.plan.executor import on
from qng.plan.lower import sampled
from qng.plan.plan import join
from qng.run.objective import Circuits


class Memory(dict):
    """A shelf that counts how often it was written.

    Attributes:
        commits: How often.
    """

    commits = 0

    def put(self, name, data):
        self.put_all({name: data})

    def put_all(self, items):
        self.update(items)
        self.commits += 1


def first_step(problem, device, shots, **hyperparameters):
    """The requests of the first step of a run, for hardware: energy, gradient and metric."""
    inner = qng.load(problem)
    optimizer = method_of("qng", hyperparameters)
    goal = Circuits.of(inner, device, True)
    plans = optimizer.measurements(goal, optimizer.init(inner.initial))
    whole = join(split({name: on(device, plan) for name, plan in plans.items()}, PILOT))
    return sampled(whole, shots, Dealing(uniform=True)).requests


def closing(problem, device, shots):
    """The requests of the energy at the end of a run."""
    inner = qng.load(problem)
    goal = Circuits.of(inner, device, True)
    plan = on(device, goal.energy(inner.initial[None]))
    return sampled(plan, shots, Dealing(uniform=True)).requests


def packet(requests, device, shelf=None, **options):
    """Of a device as on hardware."""
    options = {"mitigate": device.mitigate, **options}
    return packed(requests, 0, device.transpiler, uniform=True, shelf=shelf, **options)


def used(circuit) -> tuple[int, ...]:
    """The physical qubits that something is done on, ascending."""
    return tuple(sorted({circuit.find_bit(q).index for one in circuit.data for q in one.qubits}))
