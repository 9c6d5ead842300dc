"""Adapters of packages that are not installed are not looked at for examples in docstrings."""

from importlib.util import find_spec


def _is_missing(package: str) -> bool:
    try:
        return find_spec(package) is None
    except (ImportError, ValueError):
        return True


_NEEDED = {"jax": ("jax", "optax"), "torch": ("torch",)}

collect_ignore_glob = [
    f"qng/adapters/{adapter}/*"
    for adapter, packages in _NEEDED.items()
    if any(_is_missing(package) for package in packages)
]
