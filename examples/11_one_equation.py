"""One equation, M dtheta = -eta s: from the KL divergence to quantum natural gradient.

Six pictures, one a step of the argument: what a distance between distributions is, the metric that
it leaves, why steps in that metric do not depend on coordinates, what Adam has of it, how much of
it a measurement sees of a quantum state, and one method on three kinds of models.
"""

import numpy as np

import qng
from qng.models import (
    MultivariateNormal,
    Normal,
    fisher,
    fit,
    kl_expansion,
    match,
    reparametrised,
)
from qng.report import plots
from qng.run.imaginary import imaginary_time

normal, at = Normal(), np.array([0.0, 1.0])  # N(mu, sigma^2) at mu = 0, sigma = 1

# 1. KL(p || p + d) begins with its second order, d^T I d / 2: the Fisher matrix is a metric.
near = kl_expansion(normal, at, [1.0, -0.5], np.logspace(-2.5, -0.5, 17))
print(f"1. KL - d^T I d / 2 falls as |d|^{near.order:.2f}")
curves = {
    "KL": (near.steps, near.divergences),
    "what the metric leaves": (near.steps, np.abs(near.remainder)),
}
picture = plots.lines(
    curves,
    references={"half d I d": (near.steps, near.quadratic)},
    x_label="$|d|$",
    y_label="nats",
    log_x=True,
    log_y=True,
    naming="legend",
    title="1. The KL divergence has a metric in it",
)
plots.save(picture, "one-equation-1.pdf")

# 2. The same KL is a different distance everywhere: where sigma is small, mu moves it more.
turn = np.linspace(0, 2 * np.pi, 65)
circle = np.array([np.cos(turn), np.sin(turn)])
ellipses = []
for mu in (-1.5, 0.0, 1.5):
    for sigma in (0.6, 1.2, 2.0):
        root = np.linalg.cholesky(np.linalg.inv(fisher(normal, [mu, sigma]).dense()))
        around = np.array([[mu], [sigma]]) + np.sqrt(2 * 0.02) * root @ circle
        ellipses += [around, np.full((2, 1), np.nan)]  # the pen is lifted
print(f"2. I at sigma = 0.6 and 2: {fisher(normal, [0, 0.6]).diagonal()}, ", end="")
print(fisher(normal, [0, 2.0]).diagonal())
picture = plots.lines(
    {"0.02 nats": tuple(np.hstack(ellipses))},
    x_label=r"$\mu$",
    y_label=r"$\sigma$",
    naming="none",
    title="2. Each is 0.02 nats from its middle",
)
plots.save(picture, "one-equation-2.pdf")

# 3. I dtheta = -eta grad: natural gradient takes the same way in all coordinates.
toy = match(normal, [0.0, 1.0], start=[5.0, 10.0])  # KL(N(0, 1) || N(mu, sigma)), Amari's
logs = reparametrised(
    toy, lambda x: np.array([x[0], np.exp(x[1])]), start=[5.0, np.log(10.0)], names=["mu", "ln"]
)
paths = {}
for method, lr in {"ng": 0.02, "gd": 0.1}.items():
    rules = {"damping": 0.0, "trust": np.inf} if method == "ng" else {}
    here = qng.minimize(toy, method, lr=lr, steps=400, **rules).trace["theta"]
    there = logs.theta(qng.minimize(logs, method, lr=lr, steps=400, **rules).trace["theta"])
    apart = max(np.min(np.linalg.norm(here - x, axis=1)) for x in there[::10])
    print(f"3. {method}: the paths in (mu, sigma) and (mu, ln sigma) come {apart:.2g} apart")
    paths[f"{method} in sigma"], paths[f"{method} in ln sigma"] = here.T, there.T
picture = plots.lines(
    {name: tuple(path) for name, path in paths.items()},
    x_label=r"$\mu$",
    y_label=r"$\sigma$",
    naming="legend",
    title="3. One way, whatever the coordinates",
)
plots.save(picture, "one-equation-3.pdf")

# 4. Adam divides by sqrt(vhat): vhat is like the diagonal of I where the model is right and the
# gradients are those of a few data, and not where they are those of all data.
widths = np.geomspace(0.3, 3.0, 12)
bell = MultivariateNormal(12, "mean", np.diag(widths**2))
data = widths * np.random.default_rng(0).normal(size=(300, 12))
for seen, batch in {"two data at a time": 2, "all data": None}.items():
    learned = fit(bell, data, data.mean(axis=0), batch=batch)
    report = qng.adam_report(learned, steps=300, every=150, lr=1e-3, beta2=0.99)
    last = report.relation("vhat / I")
    print(f"4. {seen}: vhat / I = {last.ratio[-1]:.2g}, within a factor of {last.spread[-1]:.2f}")
    if batch is not None:
        picture = plots.adam(report, "4. What Adam divides by, of two data at a time")
        plots.save(picture, "one-equation-4.pdf")

# 5. Of a state a measurement sees I <= 4 g; the Fubini-Study metric g is what there is to see.
circuit = qng.Circuit.from_qasm("""
OPENQASM 3.0;
include "stdgates.inc";
input float[64] a;
input float[64] b;
qubit[1] q;
ry(a) q[0];
rz(b) q[0];
""")
angles = np.linspace(0.05, np.pi - 0.05, 41)
points = np.column_stack([np.full_like(angles, 1.1), angles])
seen = {
    f"measured in {basis}": (angles, [M.dense()[0, 0] for M in metrics])
    for basis in ("X", "Y", "Z")
    if (metrics := qng.metric(circuit, points, "fisher", basis=basis))
}
bound = [4 * M.dense()[0, 0] for M in qng.metric(circuit, points)]
gap = min(min(np.subtract(bound, curve)) for _, curve in seen.values())
print(f"5. 4 g - I is nowhere below {gap:.1e}")
picture = plots.lines(
    seen,
    references={"4 g": (angles, bound)},
    x_label="$b$ (rad)",
    y_label="information about $a$",
    naming="legend",
    title="5. What a measurement sees of a state",
)
plots.save(picture, "one-equation-5.pdf")

# 6. The same step on a distribution, a neural quantum state and a circuit.
panels = []
for name, what in {
    "gaussian-toy": "a distribution",
    "rbm-tfim-8": "a neural state",
    "h2": "a circuit",
}.items():
    runs = {m: qng.minimize(name, m, steps=60) for m in ("gd", "adam", "qng")}
    lowest = runs["qng"].reference
    print(
        f"6. {what}:",
        ", ".join(f"{m} {r.trace['energy'][-1] - lowest:.1e}" for m, r in runs.items()),
    )
    errors = {m: np.maximum(r.trace["energy"] - lowest, 1e-12) for m, r in runs.items()}
    panels.append(
        plots.lines(errors, x_label="step", y_label="error", errors=True, panel_title=what)
    )
picture = plots.together(*panels, columns=3, title="6. One equation: M dtheta = -eta s")
plots.save(picture, "one-equation-6.pdf")

# On a circuit with small steps it is imaginary time: eta of qng is 2 eta of tau.
run = qng.minimize("one-qubit", "qng", lr=0.001, steps=600, damping=0.0, trust=np.inf)
exact = imaginary_time("one-qubit", 0.002 * np.arange(601))
print(f"   qng and exp(-tau H) differ by {np.abs(run.trace['energy'] - exact.energies).max():.1e}")
