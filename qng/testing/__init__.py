"""Checks that every part of the package passes, for parts of one's own, and random circuits.

    check_method(method)         its steps are pure, and a run can be cut and continued
    check_estimator(estimator)   its values, their limit of many shots, their standard errors
    check_executor(executor)     bits, bases, seeds, independence, exact answers
    check_loss(problem)          shapes, derivatives, metrics, draws by key and their errors

The strategies of hypothesis are in `qng.testing.strategies`, which needs that package.
"""

from qng.testing.estimator import check_estimator as check_estimator
from qng.testing.executor import check_executor as check_executor
from qng.testing.loss import check_loss as check_loss
from qng.testing.method import check_method as check_method
