"""Every script says what it takes, brings its libraries along, and is one that a server takes."""

from __future__ import annotations

from importlib.resources import files

import pytest
import redis

from shema_cli.store.scripts import script

ALL = sorted(p.name.removesuffix(".lua") for p in files("shema_cli.store").joinpath("lua").iterdir())


def _own(name: str) -> str:
    return files("shema_cli.store").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ALL)
def test_it_says_what_it_takes(name: str) -> None:
    head = _own(name)
    assert head.startswith("-- ")
    assert head.startswith("-- Library: ") or ("-- KEYS: " in head and "-- ARGV: " in head)


@pytest.mark.parametrize("name", ALL)
def test_a_server_takes_it(redis_client: redis.Redis, name: str) -> None:
    assert redis_client.script_load(script(name).text) == script(name).sha


def test_libraries_come_first_and_once() -> None:
    text = script("decide").text
    for library in ("glob", "deliver", "chain"):
        assert text.count(_own(library)) == 1
    assert text.index(_own("glob")) < text.index(_own("deliver"))
    assert text.endswith(_own("decide"))
