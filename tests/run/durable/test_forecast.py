"""What a run on a device was estimated at is what it is charged."""

import pytest

from qng.errors import InputError
from qng.plan.deal import Dealing
from qng.run.durable.forecast import UnforeseenError, forecast
from qng.run.durable.keeping import Keeping
from qng.run.durable.patience import Patience
from qng.run.durable.terms import Terms
from qng.run.minimize import minimize
from tests.clouds import Account, FakeCloud

pytestmark = pytest.mark.filterwarnings("ignore::qng.errors.NoisyMetricWarning")
SHOTS, STEPS = 8000, 2
# One of each kind: what is measured, how often, and in how many rounds.
KINDS = ("gd", "spsa", "newton", "ng", "qng", "qn-spsa", "qbroyden", "cqng", "qngg", "cma-es")


def device(multiple=1):
    return FakeCloud(Account(looks=0), dealing=Dealing(uniform=True, multiple=multiple))


@pytest.mark.parametrize("method", KINDS)
def test_every_method_costs_what_was_estimated(method, tmp_path):
    """To a hundredth, although shots are split anew from the second step on; a search may end."""
    cloud = device()
    found = forecast("textbook-2", method, cloud=cloud, shots=SHOTS, steps=STEPS)
    assert not cloud.account.jobs
    # A search has more jobs than a device would be sent in a minute.
    keeping = Keeping(tmp_path / "runs.db", Patience(Terms(posts_per_minute=1000)))
    minimize("textbook-2", method, executor=cloud, shots=SHOTS, steps=STEPS, ledger=keeping)
    made = list(cloud.account.jobs.values())
    charged = sum(job.seconds for job in made)
    assert made[0].seconds == pytest.approx(found.step.seconds)
    if found.at_most:
        assert len(made) <= found.jobs
        assert charged <= 1.01 * found.seconds
    else:
        assert len(made) == found.jobs == STEPS + 1
        assert charged == pytest.approx(found.seconds, rel=0.01)


@pytest.mark.parametrize(("multiple", "every"), [(64, 1), (1, 2)])
def test_rows_of_the_device_and_steps_without_a_metric(multiple, every, tmp_path):
    cloud = device(multiple)
    given = {"shots": 20_000, "steps": STEPS, "every": every}
    found = forecast("h2", cloud=cloud, **given)
    minimize("h2", executor=cloud, ledger=tmp_path / "runs.db", **given)
    made = list(cloud.account.jobs.values())
    assert len(made) == found.jobs
    assert sum(job.seconds for job in made) == pytest.approx(found.seconds, rel=0.01)
    asked = [shots for job in made for request in job.asked for shots in request.shots]
    assert found.executions == pytest.approx(sum(asked), rel=0.01)
    assert all(shots % multiple == 0 for shots in asked)


def test_a_sweep_is_a_job_for_every_parameter(tmp_path):
    cloud = device()
    found = forecast("h2", "rotosolve", cloud=cloud, shots=SHOTS, steps=1)
    keeping = Keeping(tmp_path / "runs.db", Patience(Terms(posts_per_minute=1000)))
    minimize("h2", "rotosolve", executor=cloud, shots=SHOTS, steps=1, ledger=keeping)
    made = list(cloud.account.jobs.values())
    assert len(made) == found.jobs == 12 + 1
    assert sum(job.seconds for job in made) == pytest.approx(found.seconds, rel=0.01)


def test_shots_that_a_method_chooses_are_not_more_than_was_estimated(tmp_path):
    cloud = device()
    found = forecast("h2", "quiver", cloud=cloud, shots=SHOTS, steps=STEPS)
    minimize("h2", "quiver", executor=cloud, shots=SHOTS, steps=STEPS, ledger=tmp_path / "runs.db")
    made = list(cloud.account.jobs.values())
    assert found.at_most
    assert len(made) == found.jobs == STEPS + 1
    assert made[0].seconds < found.step.seconds
    assert sum(job.seconds for job in made) <= found.seconds


def test_what_is_not_known_before():
    with pytest.raises(UnforeseenError, match="asks as it goes"):
        forecast("textbook-2", "cobyla", cloud=device(), shots=SHOTS)
    with pytest.raises(InputError, match="has no gradient"):
        forecast("textbook-2", "cma-es", cloud=device(), shots=SHOTS, gradient="spsa")
    with pytest.raises(InputError, match="give shots"):
        forecast("textbook-2", cloud=device())
    with pytest.raises(InputError, match="steps"):
        forecast("textbook-2", cloud=device(), shots=SHOTS, steps=-1)


def test_what_cannot_be_sent():
    cloud = device()
    assert forecast("textbook-2", cloud=cloud, shots=SHOTS, steps=1).refused == ""
    cloud.account.left = 6.0
    assert "estimated at 7 s" in forecast("textbook-2", cloud=cloud, shots=SHOTS, steps=1).refused
    cloud.account.left = None
    assert "10 000 000 are allowed" in forecast("textbook-2", cloud=cloud, shots=10**8).refused
