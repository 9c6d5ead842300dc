"""A service by itself: prints what leads a client there, and serves until it is stopped."""

from __future__ import annotations

import argparse
import tempfile
import threading

from tests.loopback.server import Loopback
from tests.loopback.world import World


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.loopback", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--posts-per-minute", type=int, default=5, help="0: no limit")
    parser.add_argument("--quota", type=float, help="seconds")
    parser.add_argument("--pace", type=float, default=0.0, help="seconds that a job takes")
    parser.add_argument("--lag", type=float, default=0.0, help="seconds until it is listed")
    told = parser.parse_args()
    world = World(
        posts_per_minute=told.posts_per_minute or None,
        quota=told.quota,
        pace=told.pace,
        lag=told.lag,
    )
    loopback = Loopback(world, told.port).start()
    for name, value in loopback.environment(tempfile.mkdtemp()).items():
        print(f"export {name}='{value}'")
    print(f"# serving on 127.0.0.1:{loopback.port}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
