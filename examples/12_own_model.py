"""A statistical model of your own in twenty lines: counts with too many zeros."""

import numpy as np
from scipy import stats

import qng
from qng.models import fisher, fit


# --- the model: with probability `extra` a count is 0, else it is of a Poisson distribution
class Inflated:
    parameters = ("logit extra", "log rate")

    def log_density(self, theta, x):
        extra, rate = 1 / (1 + np.exp(-theta[0])), np.exp(theta[1])
        counted = np.log(1 - extra) + stats.poisson.logpmf(x, rate)
        return np.where(x == 0, np.logaddexp(np.log(extra), counted), counted)

    def sample(self, theta, n, rng):
        kept = rng.random(n) > 1 / (1 + np.exp(-theta[0]))
        return kept * rng.poisson(np.exp(theta[1]), n)

    def support(self, theta):  # for exact sums over all outcomes
        rate = np.exp(theta[1])
        return np.arange(int(rate + 12 * np.sqrt(rate) + 30))


# --- what follows is had for every model
model, truth = Inflated(), np.array([-1.0, 1.5])
data = model.sample(truth, 2000, np.random.default_rng(0))
problem = fit(model, data, start=[1.0, 0.0], name="inflated", title="Counts with extra zeros")

run = qng.minimize(problem, "ng", steps=30)
errors = np.sqrt(np.diag(np.linalg.inv(fisher(model, run.x).dense())) / len(data))
for name, value, error, true in zip(model.parameters, run.x, errors, truth):
    print(f"{name:12} {value:6.3f} +- {error:.3f}, the data were drawn at {true:g}")

for method in ("gd", "adam", "newton", "ng"):
    far = qng.minimize(problem, method, steps=30).fun - run.fun
    print(f"{method:6} after 30 steps: {far:.1e} nats above")
