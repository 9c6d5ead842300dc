"""A file is looked at before it is written: what is damaged, newer or foreign stays as it is.

The look is taken at a copy in memory, by a connection that writes nothing and, where nobody else
has the file open, needs nothing beside it. Reading commands keep to the copy.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

from qng.errors import DISTRIBUTION
from qng.run.ledger.errors import LedgerDamagedError, LedgerError, NoLedgerError
from qng.run.ledger.log import broken
from qng.run.ledger.schema import APPLICATION, TABLES, VERSION
from qng.run.ledger.store import Store, damaged, translated

_BUSY_SECONDS: Final = 30.0

_WRITABLE: Final = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH

# Looks at a file that changes meanwhile.
_LOOKS: Final = 5

# Where the header says how the file is written: with a log beside it, or without, which is all that
# memory knows. To change it in a file takes a lock that others may hold.
_FORMAT: Final = slice(18, 20)
_LOGGED: Final = b"\x02\x02"
_PLAIN: Final = b"\x01\x01"


def writable(path: Path, whole: bool = True) -> Store:
    """A ledger that is there, open for writing, once it is known to be whole.

    Args:
        path: The file.
        whole: Look at all of it; else at its version and its tables only, whatever its size. Rows
            are verified when they are read in either case.

    Raises:
        NoLedgerError: There is none.
        LedgerError: It cannot be written, is damaged, foreign, or of a newer version.
    """
    if whole or not _glanced(path):
        reading(path).close()
    # Whoever may do everything is held to what the file says of itself.
    if not (path.stat().st_mode & _WRITABLE and os.access(path, os.W_OK)):
        raise LedgerError(
            f"the ledger {path} is read-only: nothing was done; make it writable, or look at it "
            "with qng status, export or verify"
        )
    database = _connected(path, "mode=rw")
    with _closed_where_in_vain(database), translated(path):
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("PRAGMA foreign_keys=ON")
        database.execute("PRAGMA trusted_schema=OFF")
    return Store(path, database)


def reading(path: Path) -> Store:
    """A ledger as it is at this moment; nothing is written, nor can be.

    Raises:
        NoLedgerError: There is none.
        LedgerError: It cannot be read, is damaged, foreign, or of a newer version.
    """
    for looks in range(_LOOKS):
        before = _signature(path)
        try:
            return _verified(path, _image(path))
        except LedgerError:
            # Another process may have written under a look that takes no lock, or gone away.
            if looks == _LOOKS - 1 or _signature(path) == before:
                raise
    raise AssertionError("unreachable")


def _glanced(path: Path) -> bool:
    """Whether a look at version and tables has found a ledger; False: look at all of it."""
    _signature(path)
    if _log_size(path):
        return False
    try:
        with closing(_connected(path, "immutable=1")) as database, translated(path):
            _check_version(path, database)
            _check_tables(path, database)
            ((pages,), (size,)) = (
                database.execute(f"PRAGMA {word}").fetchone()
                for word in ("page_count", "page_size")
            )
        with path.open("rb") as file:
            head = file.read(_FORMAT.stop)
    except (LedgerError, OSError):
        return False
    return head[_FORMAT] == _LOGGED and path.stat().st_size == pages * size


def created(path: Path) -> Store:
    """A new ledger that is in memory only, until its image is `placed`."""
    database = _in_memory()
    with _closed_where_in_vain(database), translated(path):
        database.execute("PRAGMA foreign_keys=ON")
        database.execute(f"PRAGMA application_id={APPLICATION}")
        database.execute(f"PRAGMA user_version={VERSION}")
        for table in TABLES.values():
            database.execute(table.sql)
    return Store(path, database)


def placed(path: Path, image: bytes) -> bool:
    """Put a new file in its place, whole or not at all; False where another one was faster.

    Raises:
        LedgerError: It cannot be written.
    """
    aside = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        try:
            aside.write_bytes(_of_format(image, _LOGGED))
            _linked(aside, path)
        finally:
            aside.unlink(missing_ok=True)
        _synchronised(path)
    except FileExistsError:
        return False
    except OSError as error:
        raise LedgerError(
            f"the ledger {path} cannot be made: {error.strerror or error}; nothing was sent: make "
            "room, or give another place"
        ) from error
    return True


def _linked(aside: Path, path: Path) -> None:
    """Give a file its name, if nothing has that."""
    try:
        os.link(aside, path)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # a file system without links
        if path.exists():
            raise FileExistsError from None
        aside.rename(path)


def _synchronised(path: Path) -> None:
    for place, how in ((path, os.O_RDWR), (path.parent, os.O_RDONLY)):
        try:
            number = os.open(place, how)
        except PermissionError:  # a folder, on Windows
            continue
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _signature(path: Path) -> tuple[object, ...]:
    """What changes when a file, or the log beside it, is written."""
    try:
        whole = path.stat()
        size = whole.st_size
    except FileNotFoundError:
        raise NoLedgerError(
            f"there is no ledger {path}: begin a run in it, or say where it is"
        ) from None
    except OSError as error:
        why = error.strerror or error
        raise NoLedgerError(f"the ledger {path} cannot be read: {why}") from error
    if not stat.S_ISREG(whole.st_mode):
        what = "a folder" if stat.S_ISDIR(whole.st_mode) else "no file"
        raise NoLedgerError(f"{path} is {what}: give the name of a file for the ledger")
    if size == 0:
        raise LedgerDamagedError(
            f"the file {path} is empty, and no ledger, or none any more: it was left as it is; "
            "delete it, or give another"
        )
    return size, whole.st_mtime_ns, _log_size(path)


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _log_size(path: Path) -> int:
    try:
        return _log(path).stat().st_size
    except OSError:
        return 0


def _image(path: Path) -> bytes:
    """The bytes of a ledger, with what stands in the log beside it."""
    if not _log_size(path):
        image = _taken(path, "immutable=1")
        size = path.stat().st_size
        if size != len(image):
            raise damaged(path, f"it has {size} bytes of {len(image)}")
        return image
    with suppress(OSError):  # whoever wrote it has gone
        if why := broken(_log(path).read_bytes()):
            raise damaged(path, why)
    try:
        return _taken(path, "mode=ro")
    except LedgerDamagedError:
        raise
    except LedgerError as error:
        try:
            return _copied(path)
        except OSError:
            raise error from error.__cause__


def _copied(path: Path) -> bytes:
    """The same where SQLite cannot have the file beside it that it needs to read the log."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "ledger"
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
        return _taken(copy, "mode=ro")


def _taken(path: Path, options: str) -> bytes:
    with closing(_connected(path, options)) as database, translated(path):
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return database.serialize()


def _verified(path: Path, image: bytes) -> Store:
    """A copy in memory, once all of it is known to be as it was written."""
    database = _in_memory()
    with _closed_where_in_vain(database), translated(path):
        database.deserialize(_of_format(image, _PLAIN))
        _check_version(path, database)
        if image[_FORMAT] != _LOGGED:
            raise damaged(path, "its header was changed")
        database.execute("PRAGMA trusted_schema=OFF")
        database.execute("PRAGMA cell_size_check=ON")
        for (word,) in database.execute("PRAGMA quick_check(1)"):
            if word != "ok":
                raise damaged(path, " ".join(str(word).split()))
        _check_tables(path, database)
        database.execute("PRAGMA query_only=ON")
        store = Store(path, database)
        for name in TABLES:
            store.verify(name)
    return store


@contextmanager
def _closed_where_in_vain(database: sqlite3.Connection) -> Iterator[None]:
    """A connection that is let go of where what was to be done with it fails."""
    try:
        yield
    except BaseException:
        database.close()
        raise


def _of_format(image: bytes, written: bytes) -> bytes:
    changed = bytearray(image)
    changed[_FORMAT] = written
    return bytes(changed)


def _check_version(path: Path, database: sqlite3.Connection) -> None:
    (application,) = database.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION:
        raise LedgerError(
            f"the file {path} is no ledger of qng, or a damaged one: it was left as it is; give "
            "another file"
        )
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version != VERSION:
        raise LedgerError(
            f"the ledger {path} is of version {version}, and this qng reads version {VERSION}: it "
            "was left as it is; use the qng that wrote it, or a later one (pip install -U "
            f"{DISTRIBUTION})"
        )


def _check_tables(path: Path, database: sqlite3.Connection) -> None:
    found = dict(database.execute("SELECT name, sql FROM sqlite_master").fetchall())
    if found != {name: table.sql for name, table in TABLES.items()}:
        raise damaged(path, "its tables are not those that were made")


def _in_memory() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)


def _connected(path: Path, options: str) -> sqlite3.Connection:
    with translated(path):
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?{options}",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
