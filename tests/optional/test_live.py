"""Live views: what was written is read back, as TensorBoard and MLflow read it."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import qng
from qng.cli import application
from qng.errors import InputError
from qng.run.results import Run
from tests.cli.elsewhere import Elsewhere, installed


def events(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """All scalars of a folder: (step, value) by tag, in the order of writing."""
    from tensorboardX.proto.event_pb2 import Event

    # Files of one second have names in any order: events are put in order by their times.
    written: list[tuple[float, str, int, float]] = []
    for file in folder.glob("events.out.tfevents.*"):
        data, at = file.read_bytes(), 0
        while at < len(data):
            (size,) = struct.unpack("<Q", data[at : at + 8])
            event = Event.FromString(data[at + 12 : at + 12 + size])
            at += 16 + size
            written += [
                (event.wall_time, value.tag, event.step, value.simple_value)
                for value in event.summary.value
                if value.HasField("simple_value")
            ]
    found: dict[str, list[tuple[int, float]]] = {}
    for _, tag, step, number in sorted(written, key=lambda event: event[0]):
        found.setdefault(tag, []).append((step, number))
    return found


def words(folder: Path) -> bytes:
    """Everything that was written."""
    return b"".join(file.read_bytes() for file in folder.glob("events.out.tfevents.*"))


class TestTensorBoard:
    @pytest.fixture(autouse=True)
    def needed(self) -> None:
        pytest.importorskip("tensorboardX")

    def test_every_step_is_there_and_the_last_point(self, tmp_path: Path) -> None:
        from qng.report.live import TensorBoard

        problem = qng.load("textbook-2")
        reference = problem.reference_energy().energy
        with TensorBoard(tmp_path / "run", reference) as board:
            run = qng.minimize(problem, "qng", steps=3, watch=board)
            board.ended(run)
        found = events(tmp_path / "run")
        assert [step for step, _ in found["energy"]] == [0, 1, 2, 3]
        assert [v for _, v in found["energy"]] == pytest.approx(run.trace["energy"], rel=1e-6)
        assert [v for _, v in found["error"]] == pytest.approx(
            run.trace["energy"] - reference, rel=1e-6
        )
        assert [step for step, _ in found["fidelity"]] == [0, 1, 2, 3]
        assert "standard_error" not in found
        assert run.message.encode() in words(tmp_path / "run")

    def test_readings_have_no_error_before_they_are_judged(self, tmp_path: Path) -> None:
        from qng.report.live import TensorBoard

        with TensorBoard(tmp_path, -1.0) as board:
            run = qng.minimize("textbook-2", "gd", steps=2, shots=200, watch=board)
            assert "error" not in events(tmp_path)
            board.ended(run)
        found = events(tmp_path)
        assert "error" not in found
        assert len(found["standard_error"]) == len(found["judged_error"]) == 3

    def test_a_run_that_goes_on_is_continued(self, tmp_path: Path) -> None:
        from qng.report.live import TensorBoard

        ledger, folder = tmp_path / "runs.db", tmp_path / "board"
        with TensorBoard(folder) as board:
            qng.minimize("textbook-2", "gd", steps=2, ledger=ledger, watch=board)
        with TensorBoard(folder) as board:
            run = qng.resume(ledger=ledger, steps=4, watch=board)
            board.ended(run)
        assert [step for step, _ in events(folder)["energy"]] == [0, 1, 2, 3, 4]

    def test_two_in_one_second_are_two_files(self, tmp_path: Path) -> None:
        from qng.report.live import TensorBoard

        for _ in range(2):
            with TensorBoard(tmp_path) as board:
                qng.minimize("textbook-2", "gd", steps=1, watch=board)
        assert [step for step, _ in events(tmp_path)["energy"]] == [0, 0]

    def test_commands_show_a_run_and_continue_it(self, tmp_path: Path) -> None:
        ledger, folder = str(tmp_path / "runs.db"), tmp_path / "boards"
        shown = ["--ledger", ledger, "--tensorboard", str(folder), "--json"]
        name = _json("run", "textbook-2", "--steps", "2", *shown)["run"]
        assert [f.name for f in folder.iterdir()] == [f"textbook-2-qng-{name[:8]}"]
        _json("resume", name, "--steps", "4", *shown)
        (board,) = folder.iterdir()
        found = events(board)
        assert [step for step, _ in found["energy"]] == [0, 1, 2, 2, 3, 4]
        assert found["error"][-1][1] > 0

    def test_collect_shows_every_step_of_a_run_elsewhere_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        installed(monkeypatch, Elsewhere())
        quick = ["--poll", "0.001", "--grace", "0.01", "--posts-per-minute", "1000"]
        device = ["--backend", "ibm_test", "--shots", "400", "--steps", "2", *quick]
        assert CliRunner().invoke(application(), ["submit", "textbook-2", *device]).exit_code == 0
        for _ in range(20):
            words = ["collect", "--tensorboard", "boards"]
            done = CliRunner().invoke(application(), words)
            assert done.exit_code in (0, 3), done.stderr
            if "finished" in done.stdout:
                break
        (board,) = Path("boards").iterdir()
        found = events(board)
        assert [step for step, _ in found["energy"]] == [0, 1, 2]
        assert [step for step, _ in found["judged_error"]] == [0, 1, 2]

    def test_without_a_ledger_each_run_has_its_folder(self, tmp_path: Path) -> None:
        _json("run", "textbook-2", "--steps", "1", "--tensorboard", str(tmp_path), "--json")
        (board,) = tmp_path.iterdir()
        assert board.name.startswith("textbook-2-qng-2")
        assert [step for step, _ in events(board)["energy"]] == [0, 1]

    def test_one_that_is_lost_does_not_end_the_run(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from qng.report.live import TensorBoard

        board = TensorBoard(tmp_path)

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(board._writer, "add_scalar", full)
        with pytest.warns(UserWarning, match="No space left on device; the run goes on") as told:
            run = qng.minimize("textbook-2", "gd", steps=3, watch=board)
        assert len(told) == 1
        assert run.nit == 3

    def test_a_folder_that_cannot_be_written_is_refused_before(self, tmp_path: Path) -> None:
        from qng.report.live import TensorBoard

        (tmp_path / "file").write_text("")
        with pytest.raises(InputError, match="cannot write in the folder"):
            TensorBoard(tmp_path / "file" / "run")


class TestMLflow:
    @pytest.fixture(autouse=True)
    def needed(self) -> None:
        pytest.importorskip("mlflow")

    @pytest.fixture
    def uri(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
        # A database needs SQLAlchemy, which mlflow-skinny does not bring.
        monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        return f"file:{tmp_path}/mlruns"

    def test_a_run_is_there_and_goes_on(self, uri: str, tmp_path: Path) -> None:
        from mlflow.tracking import MlflowClient

        from qng.report.live import MLflow

        ledger = tmp_path / "runs.db"
        with MLflow(uri, "first", run="abc", reference=-1.0) as view:
            qng.minimize("textbook-2", "gd", steps=2, ledger=ledger, watch=view)
        with MLflow(uri, "first", run="abc", reference=-1.0) as view:
            run = qng.resume(ledger=ledger, steps=4, watch=view)
            view.ended(run)
        client = MlflowClient(uri)
        (found,) = client.search_runs([client.get_experiment_by_name("qng").experiment_id])
        assert found.info.run_name == "first"
        assert found.info.status == "FINISHED"
        assert found.data.params["problem"] == "textbook-2"
        assert found.data.params["method"] == repr(run.made.method)
        assert found.data.tags["qng.message"] == run.message
        history = client.get_metric_history(found.info.run_id, "energy")
        assert [(m.step, m.value) for m in history] == list(enumerate(run.trace["energy"]))

    def test_a_command_shows_a_run(self, uri: str) -> None:
        from mlflow.tracking import MlflowClient

        _json("run", "textbook-2", "--steps", "2", "--mlflow", uri, "--json")
        client = MlflowClient(uri)
        (found,) = client.search_runs([client.get_experiment_by_name("qng").experiment_id])
        assert found.info.run_name.startswith("textbook-2-qng-")
        assert found.data.params["steps"] == "2"
        assert len(client.get_metric_history(found.info.run_id, "energy")) == 3

    def test_a_server_that_is_lost_does_not_end_the_run(
        self, uri: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from qng.report.live import MLflow

        view = MLflow(uri)

        def down(*_: object, **__: object) -> None:
            raise ConnectionError("no route to http://me:secret@host:5000")

        monkeypatch.setattr(view._client, "log_batch", down)
        with pytest.warns(UserWarning, match="no route to http://host:5000; the run goes on"):
            run = _watched(view)
        assert run.nit == 2

    def test_a_place_that_is_none_is_refused_before(self) -> None:
        from qng.report.live import MLflow

        with pytest.raises(InputError, match="MLflow at nonsense://x cannot be used"):
            MLflow("nonsense://u:p@x")


def _json(*words: str) -> dict[str, Any]:
    result = CliRunner().invoke(application(), list(words))
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def _watched(view: object) -> Run:
    run = qng.minimize("textbook-2", "gd", steps=2, watch=view)
    view.close()
    return run
