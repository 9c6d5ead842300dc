"""What is done is kept: after Ctrl-C, an error in somebody's function, and on a full disk."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import qng
from qng.errors import QngError
from qng.report import plots
from qng.report.compared import comparison_notes
from qng.report.compared_data import comparison_data
from qng.report.summary import summaries
from qng.run import many
from qng.run.codec import dumps, loads
from qng.run.journal import Journal
from qng.run.stop import Rules
from tests.executors import Fake

FULL = Path("/dev/full")


def listening():
    """Whoever starts the tests in the background has them, and their children, ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _interrupts_are_heard():
    before = signal.getsignal(signal.SIGINT)
    listening()
    yield
    signal.signal(signal.SIGINT, before)


def pressed(at):
    """A watcher that presses Ctrl-C when so many steps are done."""

    def watch(step):
        if step.step + 1 == at:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)  # the signal is heard between two instructions

    return watch


def same_beginning(run, whole, rows):
    for column in ("theta", "energy", "eta"):
        np.testing.assert_array_equal(run.trace[column][:rows], whole.trace[column][:rows])


@pytest.fixture(scope="module")
def whole():
    return qng.minimize("textbook-2", "qng", steps=12, shots=2000, seed=4)


class TestMinimize:
    def test_an_interrupt_gives_the_run_so_far(self, whole):
        run = qng.minimize("textbook-2", "qng", steps=12, shots=2000, seed=4, watch=pressed(5))
        assert run.interrupted
        assert (run.success, run.failed) == (False, False)
        assert run.message == "interrupted at step 4"
        assert (run.nit, len(run.trace)) == (4, 5)
        same_beginning(run, whole, 4)
        # It ends at the last point that was measured.
        assert run.fun == whole.trace["energy"][4]
        np.testing.assert_array_equal(run.x, whole.trace["theta"][4])
        assert run.shots == whole.trace["shots"][4]
        assert run.judgement.ground == "points"
        assert loads(dumps(run)).interrupted

    def test_it_can_be_continued(self, whole):
        journal = Journal()
        options = {"steps": 12, "shots": 2000, "seed": 4, "journal": journal}
        assert qng.minimize("textbook-2", "qng", watch=pressed(5), **options).interrupted
        run = qng.minimize("textbook-2", "qng", **options)
        assert not run.interrupted
        same_beginning(run, whole, 13)

    def test_in_the_middle_of_a_step(self, whole):
        batches = []

        def tell(result, request):
            batches.append(request)
            if len(batches) == 20:
                raise KeyboardInterrupt
            return result

        run = qng.minimize(
            "textbook-2", "qng", steps=12, shots=2000, seed=4, executor=Fake(tell=tell)
        )
        assert run.interrupted
        same_beginning(run, whole, run.nit)

    def test_where_nothing_is_done_it_is_raised(self):
        def tell(result, request):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            qng.minimize("one-qubit", "gd", shots=200, executor=Fake(tell=tell))

    def test_at_the_end_and_while_it_is_looked_at(self, monkeypatch, whole):
        from qng.run import going

        def pressing(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr(going, "diagnosed", pressing)
        run = qng.minimize("textbook-2", "qng", steps=12, shots=2000, seed=4)
        assert (run.interrupted, run.nit, run.success) == (True, 12, False)
        assert run.fun == whole.fun
        assert np.isnan(run.trace["exact"]).all()

    @pytest.mark.parametrize("method", ["gd", "rotosolve", "cobyla", "l-bfgs-b", "cqng"])
    def test_of_all_kinds_of_methods(self, method):
        run = qng.minimize("one-qubit", method, steps=30, watch=pressed(3))
        assert run.interrupted
        assert run.nit == 2
        assert np.isfinite(run.fun)

    def test_an_error_of_a_watcher_carries_the_run(self, whole):
        def watch(step):
            if step.step == 6:
                raise ValueError("no such column")

        with pytest.raises(ValueError, match="no such column") as caught:
            qng.minimize("textbook-2", "qng", steps=12, shots=2000, seed=4, watch=watch)
        run = caught.value.partial
        assert run.failed
        assert run.message == "stopped at step 6: ValueError: no such column"
        assert (run.nit, run.fun) == (6, whole.trace["energy"][6])
        same_beginning(run, whole, 6)
        assert "partial" in " ".join(caught.value.__notes__)

    @pytest.mark.parametrize("what", ["stop", "executor", "warning"])
    def test_errors_from_elsewhere_do_too(self, what, recwarn):
        batches = []

        def tell(result, request):
            batches.append(request)
            if len(batches) > 60:
                raise RuntimeError("the fridge is warm")
            return result

        def stop(energies):
            return 1 / (5 - len(energies)) and None

        more = {"stop": stop} if what == "stop" else {}
        if what == "executor":
            more["executor"] = Fake(tell=tell)
        if what == "warning":
            more["watch"] = lambda step: step.step < 5 or warn()
        with pytest.raises((ZeroDivisionError, RuntimeError, UserWarning)) as caught:
            qng.minimize("one-qubit", "gd", steps=90, shots=500, **more)
        assert caught.value.partial.nit >= 4
        assert np.isfinite(caught.value.partial.fun)

    def test_a_first_step_that_cannot_be_done_leaves_nothing(self):
        def tell(result, request):
            raise RuntimeError("no")

        with pytest.raises(RuntimeError) as caught:
            qng.minimize("one-qubit", "gd", shots=200, executor=Fake(tell=tell))
        assert not hasattr(caught.value, "partial")


def warn():
    raise UserWarning("as an error")


class TestFullDisk:
    def test_a_journal_on_a_full_disk_ends_the_run_and_keeps_it(self, whole):
        changes = []

        def written(journal):
            changes.append(journal)
            if len(changes) > 9:
                FULL.write_text(dumps(journal))

        run = qng.minimize(
            "textbook-2", "qng", steps=12, shots=2000, seed=4, journal=Journal(written=written)
        )
        assert run.failed
        assert "the journal cannot be written: No space left on device" in run.message
        assert run.nit >= 2
        same_beginning(run, whole, run.nit)
        assert run.fun == whole.trace["energy"][run.nit]

    def test_one_that_is_full_from_the_start_is_refused_before_anything_is_asked(self):
        device = Fake()
        with pytest.raises(QngError, match="the journal cannot be written: No space left"):
            qng.minimize(
                "one-qubit",
                "gd",
                shots=200,
                executor=device,
                journal=Journal(written=lambda journal: FULL.write_text("x")),
            )
        assert device.batches == []

    def test_a_picture_is_written_as_a_whole_or_not_at_all(self, tmp_path, monkeypatch):
        run = qng.minimize("one-qubit", "gd", steps=2)
        figure, file = plots.trace(run).draw(), tmp_path / "run.png"
        file.write_bytes(b"before")
        write = Path.write_bytes

        def full(path, content):
            write(path, content[:100])
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_bytes", full)
            with pytest.raises(QngError, match=r"run.png cannot be saved: No space left"):
                plots.save(figure, file)
        assert file.read_bytes() == b"before"
        assert [path.name for path in tmp_path.iterdir()] == ["run.png"]
        file.chmod(0o640)
        plots.save(figure, file)
        assert file.read_bytes().startswith(b"\x89PNG")
        assert file.stat().st_mode & 0o777 == 0o640
        link = tmp_path / "link.png"
        link.symlink_to(file)
        plots.save(figure, link)
        assert link.is_symlink()


class TestCompare:
    @pytest.fixture
    def all_runs(self):
        return qng.compare("one-qubit", ["gd", "qng"], starts=4, steps=5, threads=1, workers=1)

    @pytest.mark.parametrize("workers", [1, 2])
    def test_an_interrupt_gives_the_runs_that_are_done(self, workers, monkeypatch, all_runs):
        if workers > 1:
            monkeypatch.setattr(many, "_WORTH_A_POOL", 0.0)

        def progress(done, runs):
            if done == 3:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.01)

        found = qng.compare(
            "one-qubit", ["gd", "qng"], starts=4, steps=5, threads=1, workers=workers,
            progress=progress,
        )  # fmt: skip
        assert found.interrupted == "interrupted after 3 of 8 runs"
        assert sum(len(runs) for runs in found.runs.values()) == 3
        for method, runs in found.runs.items():
            ends = [run.fun for run in all_runs.runs[method]]
            assert all(any(abs(run.fun - end) < 1e-12 for end in ends) for run in runs)
        assert found.interrupted in comparison_notes(found)
        assert comparison_data(found)["interrupted"] == found.interrupted
        assert [s.starts for s in summaries(found, "steps")] == [
            len(runs) for runs in found.runs.values()
        ]
        assert plots.convergence(found).draw() is not None
        assert loads(dumps(found)).interrupted == found.interrupted

    def test_a_comparison_does_not_make_its_process_deaf(self, monkeypatch):
        monkeypatch.setattr(many, "_WORTH_A_POOL", 0.0)
        before = signal.getsignal(signal.SIGINT)
        qng.compare("one-qubit", ["gd"], starts=4, steps=2, workers=2)
        assert signal.getsignal(signal.SIGINT) is before
        problem = qng.load("one-qubit")
        here = many.Runs(
            problem, {"gd": qng.optimizers.gd()}, problem.initial[None],
            rules={"gd": Rules(1)}, seed=0, executor="statevector", shots={"gd": None}, threads=1,
        )  # fmt: skip
        many._quietly(here, (("gd", 0),), os.getpid(), {})
        assert signal.getsignal(signal.SIGINT) is before

    def test_the_run_that_was_cut_stands_apart(self, monkeypatch):
        calls = []
        minimize = many.minimize

        def cut(*args, **kwargs):
            calls.append(args)
            more = {"watch": pressed(3)} if len(calls) == 6 else {}
            return minimize(*args, **kwargs, **more)

        monkeypatch.setattr(many, "minimize", cut)
        found = qng.compare("one-qubit", ["rotosolve", "cqng"], starts=4, steps=5, workers=1)
        assert len(found.unfinished) == 1
        assert (found.unfinished[0].interrupted, found.unfinished[0].nit) == (True, 2)
        assert sum(len(runs) for runs in found.runs.values()) == 3
        assert not any(run.interrupted for runs in found.runs.values() for run in runs)

    def test_an_interrupt_of_the_first_run(self, monkeypatch):
        minimize = many.minimize
        monkeypatch.setattr(many, "minimize", lambda *a, **k: minimize(*a, **k, watch=pressed(1)))
        found = qng.compare("one-qubit", ["cqng"], starts=2, steps=5, workers=1)
        assert (found.runs, len(found.unfinished)) == ({}, 1)
        assert summaries(found, "steps") == []
        assert comparison_data(found)["methods"] == {}

    @pytest.mark.parametrize("workers", [1, 2])
    def test_an_error_carries_the_runs_that_are_done(self, workers, monkeypatch):
        if workers > 1:
            monkeypatch.setattr(many, "_WORTH_A_POOL", 0.0)

        def progress(done, runs):
            if done == 3:
                raise ValueError("no bar")

        with pytest.raises(ValueError, match="no bar") as caught:
            qng.compare(
                "one-qubit", ["gd", "qng"], starts=4, steps=5, workers=workers, progress=progress
            )
        found = caught.value.partial
        assert found.interrupted == "ValueError: no bar, after 3 of 8 runs"
        assert sum(len(runs) for runs in found.runs.values()) == 3


def group(number):
    """Seconds of CPU of each process of a process group that is alive."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            state, _, owner, *more = status.read_text().rpartition(")")[2].split()
            if owner == str(number) and state != "Z":
                found.append((int(more[8]) + int(more[9])) / os.sysconf("SC_CLK_TCK"))
    return found


class TestCommandLine:
    @staticmethod
    def interrupted(tmp_path, *words, ready):
        """What a command says whose process group is sent a real SIGINT, as a terminal does."""
        going = subprocess.Popen(
            [sys.executable, "-m", "qng.cli", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            start_new_session=True,
            preexec_fn=listening,
            env={**os.environ, "PYTHONPATH": str(Path(qng.__file__).parents[1])},
        )
        began = time.monotonic()
        while not ready(going.pid) and time.monotonic() - began < 90:
            time.sleep(0.2)
        assert going.poll() is None
        os.killpg(going.pid, signal.SIGINT)
        out, err = going.communicate(timeout=60)
        deadline = time.monotonic() + 10
        while (left := len(group(going.pid))) and time.monotonic() < deadline:
            time.sleep(0.2)
        return going.returncode, out, err, left

    def test_workers_end_without_a_word(self, tmp_path):
        words = ["compare", "tfim-8", "--methods", "gd,qng", "--starts", 20, "--steps", 1500]
        words += ["--workers", 2, "--threads", 1]

        def ready(pid):
            used = group(pid)
            return len(used) >= 3 and sum(used) > 6

        code, out, err, left = self.interrupted(tmp_path, *words, ready=ready)
        assert (code, left) == (130, 0)
        assert "Traceback" not in err
        assert err.splitlines()[-1].startswith("interrupted after ")
        assert "interrupted after " in out
        assert " gd " in out
        assert (tmp_path / "compare-tfim-8.png").is_file()

    def test_a_run(self, tmp_path):
        code, out, err, left = self.interrupted(
            tmp_path,
            *("run", "tfim-8", "--steps", 10**6, "--plot", "run.png"),
            ready=lambda pid: sum(group(pid)) > 3,
        )
        assert (code, left) == (130, 0)
        assert err.startswith("interrupted at step ")
        assert "circuit evaluations" in out
        assert (tmp_path / "run.png").is_file()


@pytest.mark.parametrize(
    "run",
    [
        lambda device: qng.minimize("one-qubit", "gd", steps=30, executor=device, shots=500),
        lambda device: qng.compare(
            "one-qubit", ["gd", "adam"], steps=30, executor=device, shots=500
        ),
    ],
    ids=["minimize", "compare"],
)
def test_a_stop_iteration_of_an_executor_is_told(run):
    answered = []

    def tell(result, request):
        answered.append(request)
        if len(answered) > 12:
            raise StopIteration
        return result

    with pytest.raises(RuntimeError, match="only a callback ends a run") as caught:
        run(Fake(tell=tell))
    assert caught.value.partial is not None
