"""A run that is cut after any batch, stored and continued elsewhere, is the run that was not."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.errors import InputError, QngError
from qng.execute.statevector.executor import Statevector
from qng.geometry import AdaptiveTikhonov, Floored, Tikhonov
from qng.optimize.accept import Blocking
from qng.optimize.average import InverseVariance
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.armijo import Armijo
from qng.optimize.search.geodesic import Geodesic
from qng.optimize.search.length import Constant
from qng.plan.quantities import By
from qng.plan.request import Expectation
from qng.run.codec import dumps, loads
from qng.run.journal import Journal
from qng.run.results import Run
from tests.executors import Failing, Fake, Queued

COMBINATIONS = {
    "adaptive, blocking": Optimizer(
        Constant(0.8), MeasuredMetric("blocks"), solve=AdaptiveTikhonov(1e-3), accept=Blocking(0.0)
    ),
    "implicit, kept": Optimizer(
        Constant(0.1), MeasuredMetric("implicit", every=3), solve=Tikhonov(1e-2)
    ),
    "average, line search": Optimizer(
        Armijo(1.0), MeasuredMetric("blocks", average=InverseVariance(0.8)), solve=Floored(1e-2)
    ),
    "geodesic of a line search": Optimizer(
        Geodesic(Armijo(0.5)), MeasuredMetric("exact", every=2), solve=Tikhonov(1e-2)
    ),
}
METHODS = [*optimizers.METHODS, *optimizers.CONTROLS, *COMBINATIONS]
SAMPLED = [name for name in METHODS if name not in ("implicit, kept", "geodesic of a line search")]


def made(name: str) -> Any:
    return COMBINATIONS.get(name, name)


def go(method: Any, journal: Journal | None, shots: int | None, steps: int = 4) -> Run:
    return qng.minimize(
        "textbook-2", method, steps=steps, seed=7, shots=shots, journal=journal, tol=1e-9
    )


def same(one: Run, other: Run) -> None:
    for column in set(one.trace.columns) - {"seconds", "fidelity"}:
        np.testing.assert_array_equal(one.trace[column], other.trace[column], err_msg=column)
    assert (one.fun, one.nfev, one.shots) == (other.fun, other.nfev, other.shots)
    assert (one.message, one.success) == (other.message, other.success)


@pytest.mark.filterwarnings("ignore::qng.errors.NoisyMetricWarning")
@pytest.mark.parametrize(
    ("name", "shots"),
    [*((name, None) for name in METHODS), *((name, 40_000) for name in SAMPLED)],
)
def test_cut_after_every_batch_and_continued(name: str, shots: int | None) -> None:
    texts: list[str] = []
    whole = go(made(name), Journal(run="r", written=lambda j: texts.append(dumps(j))), shots)
    assert len(texts) > whole.nit
    for text in texts[:: max(len(texts) // 12, 1)]:
        same(whole, go(made(name), loads(text), shots))


def test_in_another_process_with_another_hash_seed(tmp_path: Path) -> None:
    texts: list[str] = []
    whole = go("cqng", Journal(written=lambda j: texts.append(dumps(j))), 40_000)
    path = tmp_path / "journal.json"
    path.write_text(texts[len(texts) // 2])
    code = (
        "import sys, qng; from pathlib import Path; from qng.run.codec import dumps, loads; "
        f"path = Path({str(path)!r}); run = qng.minimize('textbook-2', 'cqng', steps=4, seed=7, "
        "shots=40000, journal=loads(path.read_text()), tol=1e-9); path.write_text(dumps(run))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    same(whole, loads(path.read_text()))


def test_a_finished_run_is_not_measured_again() -> None:
    journal, device = Journal(), Fake(answers=(Expectation,))
    runs = [
        qng.minimize("textbook-2", "gd", steps=3, executor=device, journal=journal)
        for _ in range(2)
    ]
    same(*runs)
    assert len(device.batches) == 4


def test_a_run_goes_on_where_more_steps_are_asked_for() -> None:
    journal = Journal()
    qng.minimize("textbook-2", "adam", steps=3, journal=journal)
    longer = qng.minimize("textbook-2", "adam", steps=6, journal=journal)
    same(qng.minimize("textbook-2", "adam", steps=6), longer)


def test_a_journal_of_another_run_is_refused() -> None:
    journal = Journal()
    qng.minimize("textbook-2", "qng", steps=2, journal=journal)
    for change in (
        {"method": "gd"},
        {"seed": 1},
        {"lr": 0.2},
        {"shots": 1000},
        {"start": [0.0] * 4},
    ):
        with pytest.raises(InputError, match="the journal is of another run"):
            qng.minimize("textbook-2", **{"method": "qng", **change}, steps=2, journal=journal)
    with pytest.raises(InputError, match="the journal is of another run"):
        qng.minimize("one-qubit", "qng", steps=2, journal=journal)


class TestFailure:
    @pytest.mark.parametrize("after", [1, 3, 4])
    def test_nothing_is_sent_after_a_failure(self, after: int) -> None:
        device = Failing(after)
        run = qng.minimize("textbook-2", "gd", steps=10, executor=device)
        assert (run.failed, run.nit, device.asked) == (True, after, after + 1)
        assert run.message == f"stopped at step {after}: the fridge is warm"
        assert np.isnan(run.fun)
        assert np.all(np.isfinite(run.trace["energy"][:-1]))

    def test_a_failure_before_the_first_step_is_an_error(self) -> None:
        with pytest.raises(QngError, match="the fridge is warm"):
            qng.minimize("textbook-2", "gd", executor=Failing(0))

    def test_the_energy_that_the_failed_step_has_measured_is_kept(self) -> None:
        run = qng.minimize("textbook-2", "qng", damping=0.0, steps=5)
        assert run.failed
        assert run.nfev == 2 * (run.nit + 1)
        assert run.fun == pytest.approx(qng.energy("textbook-2", run.x).value, abs=1e-12)

    def test_a_run_whose_executor_failed_goes_on(self) -> None:
        journal = Journal()
        broken = Failing(5)
        cut = qng.minimize("textbook-2", "cqng", steps=4, executor=broken, journal=journal)
        assert cut.failed
        mended = Failing(1000)
        done = qng.minimize("textbook-2", "cqng", steps=4, executor=mended, journal=journal)
        same(qng.minimize("textbook-2", "cqng", steps=4), done)
        # The batches of the unfinished step that had been answered were not asked again.
        assert mended.asked < 4 * 3 + 1


class TestService:
    def test_one_job_a_batch(self) -> None:
        service = Queued(Statevector())
        run = qng.minimize("textbook-2", "adam", steps=3, executor=service)
        same(qng.minimize("textbook-2", "adam", steps=3), run)
        assert service.submissions == len(service.accepted) == 4

    def test_a_lost_reply_is_found_by_its_key(self) -> None:
        service, journal = Queued(Statevector(), lost=[2]), Journal(run="mine")
        cut = qng.minimize("textbook-2", "adam", steps=4, executor=service, journal=journal)
        assert (cut.failed, cut.nit) == (True, 2)
        assert list(service.accepted) == ["mine/0", "mine/1", "mine/2"]
        done = qng.minimize(
            "textbook-2", "adam", steps=4, executor=service, journal=loads(dumps(journal))
        )
        assert list(service.accepted) == [*(f"mine/{k}" for k in range(4)), "mine/4-closing"]
        same(qng.minimize("textbook-2", "adam", steps=4), done)

    def test_a_batch_that_waits_is_collected_later(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("qng.run.bench._SECONDS_BETWEEN_LOOKS", 0.0)
        service, texts = Queued(Statevector(), looks=3), []

        def cut(journal: Journal) -> None:
            if any(batch.handle for batch in journal.batches.values()):
                texts.append(dumps(journal))
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            qng.minimize(
                "textbook-2", "gd", steps=2, executor=service, journal=Journal("r", written=cut)
            )
        again = qng.minimize("textbook-2", "gd", steps=2, executor=service, journal=loads(texts[0]))
        same(qng.minimize("textbook-2", "gd", steps=2), again)
        assert list(service.accepted) == ["r/0", "r/1", "r/2-closing"]

    def test_own_estimators_by_name_only_in_the_recipe(self) -> None:
        run = qng.minimize("textbook-2", Optimizer(Constant(0.1), MeasuredMetric(By("blocks"))))
        assert run.made is not None
        assert loads(dumps(run.made)).method == run.made.method


def batches(text: str) -> list[Any]:
    return list(loads(text).batches.values())
