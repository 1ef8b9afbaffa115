"""redis-py, loaded without what no command uses of it: a fifth of the processor time that loading it takes.

- Its asyncio half, which `import redis` loads as well. Whoever asks for it gets it then.
- OpenTelemetry, which it loads wherever it is installed (google-cloud brings it along), for figures that nobody here
  takes. None makes that import fail, which redis-py provides for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, cast

_REDIS = "redis"
_ASYNCIO = "redis.asyncio"
_OPENTELEMETRY = "opentelemetry"


def load_lightly() -> None:
    """From here on: whichever module imports redis-py first, and in whatever order."""
    if _REDIS not in sys.modules:
        sys.meta_path.insert(0, cast("Any", _Finder()))


class _Finder:
    """Finds redis-py once, and nothing else."""

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        if name != _REDIS:
            return None
        sys.meta_path.remove(cast("Any", self))
        spec = PathFinder.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _Lightly(spec.loader)
        return spec


class _Lightly(Loader):
    """The loader that it would have, but for a while in a world without the rest."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        try:
            with _standing_in(_ASYNCIO, _empty_package(module)), _standing_in(_OPENTELEMETRY, None):
                self._loader.exec_module(module)
        except (ImportError, AttributeError):  # a redis-py that cannot do without has all of it
            self._loader.exec_module(module)
        if _ASYNCIO not in sys.modules:
            vars(module).pop("asyncio", None)
            vars(module)["__getattr__"] = _loaded_late


@contextmanager
def _standing_in(name: str, other: ModuleType | None) -> Iterator[None]:
    """While the block runs `name` is `other`, unless it is loaded."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = cast("ModuleType", other)
    try:
        yield
    finally:
        del sys.modules[name]


def _empty_package(redis: ModuleType) -> ModuleType:
    """A package whose modules can be loaded: redis-py's own commands use one of them."""
    package = ModuleType(_ASYNCIO)
    package.__path__ = [f"{folder}/asyncio" for folder in redis.__path__]
    return package


def _loaded_late(name: str) -> ModuleType:
    """The names of redis-py that are not there: its `asyncio` when somebody asks for it."""
    if name == "asyncio":
        return import_module(_ASYNCIO)
    raise AttributeError(f"module {_REDIS!r} has no attribute {name!r}")
