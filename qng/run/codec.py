"""States, steps, runs and what they are made of as text, and back: one JSON document.

Floats are written so that reading them gives the same bits. A value of a class of ours is an object
whose "~" names the class; arrays are nested lists with their type and shape. Nothing is pickled,
and nothing but the classes listed here is ever made from a text. What many values share, such as
the problem of all runs of a comparison, can stand beside them once (`Apart`).
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from functools import cache
from importlib import import_module
from typing import Any, Final

import numpy as np

from qng.errors import InputError, MissingPackageError, QngError, shown
from qng.run.apart import Apart
from qng.run.declared import Declared
from qng.run.journal import Batch, Journal
from qng.run.rooms import places, tags

VERSION: Final = 1
"""Of the format; texts of other versions are refused."""

_TAG: Final = "~"

# Over which the entries of an array that is not contiguous may be spread.
_MOST_BYTES: Final = 2**32

# Kinds of NumPy's types that an array may have: truth, numbers and text.
_OF_ARRAYS: Final = "biufcUS"

_WHERE: Final = places()
_TAGS: Final = tags()


# By what a model of somebody's own is seen: a loss, a distribution, a wave function, a regression.
_OF_MODELS: Final = ("energy", "log_density", "log_psi", "outputs")


class Unknown:
    """What stood in a text for a function or a class of somebody's own.

    Args:
        what: How it called itself.
    """

    def __init__(self, what: str) -> None:
        self.what = what

    def __repr__(self) -> str:
        return f"Unknown({self.what!r})"

    def __call__(self, *_: Any, **__: Any) -> Any:
        """It cannot be called.

        Raises:
            InputError: Always, naming it.
        """
        raise InputError(
            f"{self.what} is not part of the file, which says only that it was used: give it again"
        )


class NotStorableError(QngError, TypeError):
    """A value that lives in this process only."""


def dumps(value: Any, apart: Apart | None = None) -> str:
    """A value as text.

    Args:
        value: The value.
        apart: What is not written, but given to `loads` again; then the text is one line.

    Raises:
        NotStorableError: It holds what lives in this process only, such as a metric that is known
            by its products.
    """
    document = {"format": "qng", "version": VERSION, "value": encoded(value, apart)}
    return json.dumps(document, allow_nan=False, indent=1 if apart is None else None)


def dumps_shared(
    value: Any,
    kinds: Iterable[str],
    more: Callable[[Sequence[Any]], Mapping[str, Any]] = lambda shared: {},
) -> str:
    """A value as text in one line, in which equal objects of some classes are written once.

    Args:
        value: The value; objects are equal here where they are the same one.
        kinds: Names of the classes.
        more: What stands in the document for other readers, made of the objects that are shared.

    Raises:
        NotStorableError: As `dumps`.
    """
    apart = Apart(kinds=kinds)
    written = encoded(value, apart)
    shared = [encoded(item) for item in apart.values]
    document = {
        "format": "qng",
        "version": VERSION,
        "shared": shared,
        "value": written,
        **more(apart.values),
    }
    return json.dumps(document, allow_nan=False, separators=(",", ":"))


def loads(text: str, apart: Apart | None = None) -> Any:
    """The value of a text.

    Args:
        text: The text.
        apart: What stands apart from it; by default what it brings itself.

    Raises:
        InputError: No text of ours, or one of another version.
        MissingPackageError: What it holds needs a package that is not installed.
    """
    try:
        document = json.loads(text)
    except (TypeError, ValueError) as error:
        raise InputError(f"this is no JSON document: {error}") from error
    except RecursionError as error:
        raise InputError("this is no document of qng: it is nested too deeply") from error
    if not isinstance(document, dict) or document.get("format") != "qng":
        raise InputError("this is no document of qng: it does not say so under 'format'")
    if document.get("version") != VERSION:
        raise InputError(
            f"the document is of version {document.get('version')!r}, this qng reads version "
            f"{VERSION}: read it with the qng that wrote it"
        )
    try:
        if apart is None:
            apart = Apart(decoded(item) for item in document.get("shared", ()))
        return decoded(document["value"], apart)
    except MissingPackageError:
        raise
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"the document is damaged: {error}") from error


def encoded(value: Any, apart: Apart | None = None) -> Any:
    """A value in the types of JSON.

    Args:
        value: The value.
        apart: What is not written.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, np.generic):
        return encoded(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else {_TAG: "float", "value": repr(value)}
    if isinstance(value, complex):
        return {_TAG: "complex", "value": [encoded(value.real), encoded(value.imag)]}
    if isinstance(value, np.ndarray):
        return _encoded_array(value)
    if isinstance(value, list):
        return [encoded(item, apart) for item in value]
    if isinstance(value, tuple):
        return {_TAG: "tuple", "items": [encoded(item, apart) for item in value]}
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value) and _TAG not in value:
            return {key: encoded(item, apart) for key, item in value.items()}
        pairs = [[encoded(k), encoded(v, apart)] for k, v in value.items()]
        return {_TAG: "dict", "items": pairs}
    return _encoded_object(value, apart)


def decoded(value: Any, apart: Apart | None = None) -> Any:
    """The value that `encoded` has written."""
    if isinstance(value, list):
        return [decoded(item, apart) for item in value]
    if not isinstance(value, dict):
        return value
    if _TAG not in value:
        return {key: decoded(item, apart) for key, item in value.items()}
    kind = value[_TAG]
    if kind in _READERS:
        return _READERS[kind](value, apart)
    if kind not in _WHERE:
        raise InputError(f"the document holds a {kind}, which this qng does not know")
    return _decoded_object(kind, value, apart)


def _encoded_array(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    if array.dtype == object:
        raise NotStorableError("an array of objects cannot be stored")
    plain = array
    if np.iscomplexobj(array):
        plain = np.stack([array.real, array.imag], axis=-1)
    items = plain.ravel().tolist()
    if plain.dtype.kind == "f":
        items = [x if math.isfinite(x) else repr(x) for x in items]
    text = {_TAG: "array", "type": str(array.dtype), "shape": list(array.shape), "items": items}
    spread = array.size and not array.flags.c_contiguous and min(array.strides) > 0
    if spread and sum((n - 1) * s for n, s in zip(array.shape, array.strides)) < _MOST_BYTES // 2:
        # Sums and products round otherwise where the numbers lie otherwise in memory.
        text["strides"] = list(array.strides)
    return text


def _decoded_array(value: dict[str, Any], _: Apart | None) -> np.ndarray[Any, Any]:
    kind, shape, items = np.dtype(value["type"]), tuple(value["shape"]), value["items"]
    if kind.kind not in _OF_ARRAYS:
        raise ValueError(f"an array of {kind.name} entries")
    whole = _laid_out(shape, kind, value.get("strides"))
    if kind.kind == "c":
        parts = np.array([float(x) for x in items]).reshape(*shape, 2)
        whole.real, whole.imag = parts[..., 0], parts[..., 1]
        return whole
    if kind.kind == "f":
        items = [float(x) for x in items]
    whole[...] = np.array(items, dtype=kind).reshape(shape)
    return whole


def _laid_out(
    shape: tuple[int, ...], kind: np.dtype[Any], strides: list[int] | None
) -> np.ndarray[Any, Any]:
    """An array of a shape whose entries lie so many bytes apart."""
    if strides is None:
        return np.empty(shape, dtype=kind)
    size = sum((n - 1) * stride for n, stride in zip(shape, strides)) + kind.itemsize
    if size > _MOST_BYTES:
        raise ValueError(f"an array of shape {shape} is spread over {size} bytes")
    return np.ndarray(shape, kind, np.zeros(size, dtype=np.uint8), strides=tuple(strides))


def _encoded_object(value: Any, apart: Apart | None) -> Any:
    place = None if apart is None else apart.place(value)
    if place is not None:
        return {_TAG: "apart", "number": place}
    name = type(value).__name__
    if isinstance(value, Journal):
        batches = {number: _storable(batch) for number, batch in value.batches.items()}
        value = replace(value, batches=batches, written=None)
    if is_dataclass(value) and (tag := _tag_of(value)) is not None:
        kept = {f.name: encoded(getattr(value, f.name), apart) for f in _told(value)}
        return {_TAG: tag, **kept}
    if isinstance(value, Unknown):
        return {_TAG: "unknown", "what": value.what}
    if name == "Estimator":
        parts = (f"{f.name}={_called(getattr(value, f.name))}" for f in _told(value))
        return {_TAG: "unknown", "what": f"Estimator({', '.join(parts)})"}
    if hasattr(value, "__qualname__") or hasattr(value, "next"):
        return {_TAG: "unknown", "what": _called(value)}
    ours = type(value).__module__.startswith("qng.")
    if not ours and any(hasattr(value, member) for member in _OF_MODELS):
        return {_TAG: "unknown", "what": _called_with(value)}
    if callable(value):
        return {_TAG: "unknown", "what": _called(value)}
    raise NotStorableError(
        f"a {name} lives in this process only and cannot be stored; of a metric store dense()"
    )


def _told(value: Any) -> Iterator[Field[Any]]:
    """The fields that are written: those that came `later` only where they say something.

    So what an older version has written keeps its digest.
    """
    for f in fields(value):
        unsaid = f.metadata.get("later", False) and getattr(value, f.name) == f.default
        if f.compare and not unsaid:
            yield f


def _called(value: Any) -> str:
    """What a function, or an object of somebody's own, calls itself."""
    name = getattr(value, "__qualname__", None)
    if name is not None:
        return f"{value.__module__}.{name}"
    # Where it lies in memory is not what it is.
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))


def _called_with(value: Any) -> str:
    """What an object of somebody's own class calls itself, with a digest of what it holds."""
    kind = type(value)
    held = getattr(value, "__dict__", None)
    if is_dataclass(value):
        held = {f.name: getattr(value, f.name) for f in fields(value) if f.compare}
    if held is None:
        return _called(value)
    try:
        text = json.dumps([[key, _part(part)] for key, part in held.items()])
    except RecursionError:
        text = _called(value)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{kind.__module__}.{kind.__qualname__}#{digest}"


def _part(value: Any) -> Any:
    """What an object holds, as far as it can be written."""
    try:
        return encoded(value)
    except NotStorableError:
        return _called_with(value)


def _tag_of(value: Any) -> str | None:
    """What a class of ours is called in a text."""
    for tag in _TAGS.get(type(value).__name__, ()):
        room, name = _WHERE[tag]
        if getattr(import_module(room), name) is type(value):
            return tag
    return None


def _storable(batch: Batch) -> Batch:
    """A batch; without the results where they live in this process only: they are asked again."""
    try:
        encoded(batch)
    except NotStorableError:
        return Batch(batch.handle)
    return batch


def _decoded_object(name: str, value: dict[str, Any], apart: Apart | None) -> Any:
    """Past the constructor, which has checked the value when it was made."""
    cls, members = _members(name)
    made: Any = object.__new__(cls)
    for f, declared in members:
        if f.name in value:
            item = value[f.name]
            if isinstance(item, (dict, list)):
                item = decoded(item, apart)
            if not declared.holds(item):
                raise InputError(f"{f.name} of a {name} is {shown(item)}")
        elif f.default is not MISSING:
            item = f.default
        elif f.default_factory is not MISSING:
            item = f.default_factory()
        else:
            raise InputError(f"the document has a {name} without {f.name}")
        object.__setattr__(made, f.name, item)
    return made


@cache
def _members(name: str) -> tuple[type[Any], tuple[tuple[Field[Any], Declared], ...]]:
    """A class by its name, and its fields, each with what can stand there."""
    room, own = _WHERE[name]
    cls = getattr(import_module(room), own)
    return cls, tuple((f, Declared.of(str(f.type))) for f in fields(cls))


def _standing_apart(value: dict[str, Any], apart: Apart | None) -> Any:
    if apart is None:
        raise InputError("the document is a part of another, which was not given")
    return apart.values[value["number"]]


_READERS: Final[dict[str, Callable[[dict[str, Any], Apart | None], Any]]] = {
    "apart": _standing_apart,
    "array": _decoded_array,
    "complex": lambda value, _: complex(*map(decoded, value["value"])),
    "dict": lambda value, apart: {decoded(k, apart): decoded(v, apart) for k, v in value["items"]},
    "float": lambda value, _: float(value["value"]),
    "tuple": lambda value, apart: tuple(decoded(item, apart) for item in value["items"]),
    "unknown": lambda value, _: Unknown(value["what"]),
}
