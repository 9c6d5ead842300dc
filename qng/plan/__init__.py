"""What has to be executed is data.

An estimator returns a `Plan`: the requests that must be answered, and a pure function that reduces
the results to a number, a gradient or a metric. A `Request` is a circuit, an array of points and a
measure. Whoever answers is an `Executor`, at once, or a `Service`, later; `lower.sampled` makes of
a plan one whose requests are counted bits.
"""

from qng.plan.executor import Executor as Executor
from qng.plan.executor import Handle as Handle
from qng.plan.executor import Pending as Pending
from qng.plan.executor import Service as Service
from qng.plan.plan import Plan as Plan
from qng.plan.plan import join as join
from qng.plan.request import Density as Density
from qng.plan.request import Expectation as Expectation
from qng.plan.request import Gradient as Gradient
from qng.plan.request import Overlap as Overlap
from qng.plan.request import Probabilities as Probabilities
from qng.plan.request import Request as Request
from qng.plan.request import Samples as Samples
from qng.plan.request import State as State
from qng.plan.request import Tangent as Tangent
