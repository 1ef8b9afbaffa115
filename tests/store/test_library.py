"""redis-py as it is loaded here: without its asyncio half until somebody asks for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FIRST = ("shema_cli.store.connection", "shema_cli.store.errors", "shema_cli.store.subscriber")


def said(code: str, **env: str) -> str:
    env = {**os.environ, **env}
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("first", FIRST)
def test_neither_its_asyncio_half_nor_opentelemetry_is_loaded(first: str) -> None:
    rest = "('redis.asyncio', 'redis.asyncio.client', 'opentelemetry')"
    told = said(f"import sys, {first}; print([name for name in {rest} if name in sys.modules], 'redis' in sys.modules)")
    assert told == "[] True\n"


@pytest.mark.parametrize(
    "asked",
    [
        "import redis; kind = redis.asyncio.Redis",
        "import redis.asyncio; kind = redis.asyncio.Redis",
        "import redis.asyncio.client as client; kind = client.Redis",
        "from redis.asyncio.client import PubSub, Redis as kind",
        "from redis import asyncio; kind = asyncio.Redis",
    ],
)
def test_its_asyncio_half_comes_when_somebody_asks_for_it(asked: str) -> None:
    told = said(f"import shema_cli.store.connection; {asked}; import sys; print(kind.__module__, kind.__name__)")
    assert told == "redis.asyncio.client Redis\n"


def test_opentelemetry_can_be_loaded_later() -> None:
    pytest.importorskip("opentelemetry.metrics", reason="google-cloud, which brings it, is not installed")
    code = "import shema_cli.store.connection, opentelemetry.metrics as it; print(it.__name__)"
    assert said(code) == "opentelemetry.metrics\n"


def test_what_is_not_there_is_not_there() -> None:
    code = "import shema_cli.store.connection, redis; print(getattr(redis, 'nothing', 'no such name'))"
    assert said(code) == "no such name\n"


@pytest.mark.parametrize(
    "needs", ["from redis.asyncio import Redis\n", "import redis.asyncio\n\nRedis = redis.asyncio.Redis\n"]
)
def test_one_that_cannot_do_without_has_all_of_it(needs: str, tmp_path: Path) -> None:
    package = tmp_path / "redis"
    (package / "asyncio").mkdir(parents=True)
    (package / "__init__.py").write_text(needs)
    (package / "asyncio" / "__init__.py").write_text("class Redis: pass\n")
    code = "import shema_cli.store, redis; print(redis.Redis.__module__, redis.asyncio.Redis is redis.Redis)"
    assert said(code, PYTHONPATH=str(tmp_path)) == "redis.asyncio True\n"
