"""A process that has imported everything, and forks a command of `qng` where it is told to.

`python -m tests.loopback.zygote` reads one line of JSON a command from its standard input, and
writes one when the command has begun and one when it has ended. It has one thread, so that children
inherit no lock that nobody holds. A command costs a tenth of a second instead of five.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import sqlite3
import sys
import threading
import time
import traceback
from typing import Any


def main() -> None:
    """Serve until the standard input ends."""
    _import()
    threads = os.listdir("/proc/self/task")
    if len(threads) != 1:
        raise SystemExit(f"the zygote has {len(threads)} threads")
    wake, woken = os.pipe()
    for end in (wake, woken):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken)
    _say({"ready": os.getpid()})
    rest = b""
    while True:
        ready, _, _ = select.select([0, wake], [], [])
        if wake in ready:
            os.read(wake, 4096)
            _reap()
        if 0 in ready:
            text = os.read(0, 1 << 16)
            if not text:
                return
            *lines, rest = (rest + text).split(b"\n")
            for line in lines:
                _begin(json.loads(line))


def _import() -> None:
    import importlib

    for name in (
        "qng", "qng.cli", "numpy", "rich.console", "scipy.optimize", "sqlite3", "qiskit",
        "qiskit.qpy", "qiskit.transpiler.preset_passmanagers", "qiskit_aer", "qiskit_ibm_runtime",
        "qiskit_ibm_runtime.executor_sampler", "qiskit_ibm_runtime.fake_provider",
        "qiskit_ibm_runtime.fake_provider.executor.run_quantum_program", "requests",
    ):  # fmt: skip
        importlib.import_module(name)
    _import_all("qng")


def _import_all(room: str) -> None:
    """What stands in a room, without what no command needs: some adapters begin threads."""
    import importlib
    import pkgutil

    for module in pkgutil.iter_modules(importlib.import_module(room).__path__, f"{room}."):
        if module.name.endswith("__main__") or module.name in ("qng.adapters", "qng.testing"):
            continue
        try:
            importlib.import_module(module.name)
        except ImportError:  # of an extra that is not here
            continue
        if module.ispkg:
            _import_all(module.name)


def _say(told: dict[str, Any]) -> None:
    os.write(1, json.dumps(told).encode() + b"\n")


def _reap() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _say({"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _begin(told: dict[str, Any]) -> None:
    pid = os.fork()
    if pid:
        _say({"begun": pid, "number": told["number"]})
        return
    code = 70
    try:
        code = _command(told)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _command(told: dict[str, Any]) -> int:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, (name, mode) in enumerate(
        ((os.devnull, os.O_RDONLY), (told["out"], os.O_WRONLY), (told["err"], os.O_WRONLY))
    ):
        opened = os.open(name, mode | os.O_CREAT | (os.O_APPEND if number else 0), 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(told["env"])
    os.chdir(told["cwd"])
    sys.argv = ["qng", *told["args"]]
    while told["hold"] and not os.path.exists(told["hold"]):
        time.sleep(0.002)
    from tests.loopback.guard import stay_here, without_certificates

    stay_here()
    if told["commit"]:
        _die_at(told["commit"])
    if told["log"]:
        _log(told["log"])
    with without_certificates():
        code = _main()
    # As the interpreter ends.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code


def _log(path: str) -> None:
    """Write all that the client and what it uses tell to a file, from DEBUG."""
    import logging

    for name in ("qiskit_ibm_runtime", "urllib3", "requests", "ibm_cloud_sdk_core", "qng"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.handlers[:] = [logging.FileHandler(path, delay=True)]
        logger.propagate = False


def _main() -> int:
    from qng.cli import main as qng

    try:
        result = qng()
    except SystemExit as end:
        result = end.code
    if isinstance(result, str):
        print(result, file=sys.stderr)
        return 1
    return int(result or 0)


def _die_at(point: int) -> None:
    """Be killed before the n-th commit of a ledger where `point` is 2n - 1, and after it at 2n."""
    connect, seen = sqlite3.connect, 0

    def passed() -> None:
        nonlocal seen
        seen += 1
        if seen == point:
            os.kill(os.getpid(), signal.SIGKILL)

    class Counted(sqlite3.Connection):
        def execute(self, sql: str, *rest: Any) -> Any:
            if sql.lstrip().upper().startswith(("COMMIT", "END")):
                passed()
                done = super().execute(sql, *rest)
                passed()
                return done
            return super().execute(sql, *rest)

        def commit(self) -> None:
            # Where nothing is open, nothing is committed.
            if not self.in_transaction:
                return super().commit()
            passed()
            super().commit()
            return passed()

        def __exit__(self, kind: Any, *rest: Any) -> Any:
            if kind is None:
                self.commit()
                return False
            return super().__exit__(kind, *rest)

    def counted(*given: Any, **named: Any) -> Any:
        named.setdefault("factory", Counted)
        return connect(*given, **named)

    sqlite3.connect = counted
    sqlite3.dbapi2.connect = counted


if __name__ == "__main__":
    main()
