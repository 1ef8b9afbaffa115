"""A command that is run from within another: the same target, and guards, questions, trail and output of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shema_cli.app import declared
from shema_cli.auth.gate import Gate
from shema_cli.cli.declare import Carried, carry_out
from shema_cli.context import AppContext, GlobalOptions
from shema_cli.errors import Interrupted
from shema_cli.output.streams import Streams
from shema_cli.store import keys
from tests.dlq.support import Service, letter, push, stored
from tests.support.cli import CapturedStream
from tests.support.http import HttpServer
from tests.support.signed_in import serve_identity, signed_in
from tests.support.valkey import Valkey


@pytest.fixture
def identity() -> Iterator[HttpServer]:
    with HttpServer() as server:
        yield serve_identity(server)


@pytest.fixture
def outer(identity: HttpServer, valkey: Valkey, base_env: dict[str, str]) -> Iterator[AppContext]:
    env = {**base_env, **signed_in(f"127.0.0.1:{identity.port}"), "REDIS_URL": valkey.url}
    streams = Streams(CapturedStream(), CapturedStream(), CapturedStream(), env)
    app = AppContext.open(streams, GlobalOptions(), "dlq triage", open_gate=Gate)
    yield app
    app.close()


def run(outer: AppContext, path: str, **given: Any) -> Carried:
    return carry_out(outer, declared(path), path, given)


def text_of(stream: Any) -> str:
    return str(stream.bytes.decode())


def test_it_is_done_and_told_as_the_command_does(outer: AppContext, valkey: Valkey) -> None:
    with valkey.client() as client, Service(valkey.port) as service:
        push(client, [letter(1)])
        done = run(outer, "dlq replay", everything=True, yes=True)
        assert (done.code, done.error) == (0, None)
        assert len(service.payloads(1)) == 1
        (*_, (_, entry)) = client.xrange(keys.AUDIT)
        assert entry[b"command"] == b"dlq replay"
    assert "Target:" in text_of(outer.output.streams.stderr)


def test_its_guards_are_its_own(outer: AppContext, valkey: Valkey) -> None:
    with valkey.client() as client, Service(valkey.port):
        push(client, [letter(1)])
        done = run(outer, "dlq replay", everything=True)
        assert done.code == 2, "without a terminal it names the flag"
        done = run(outer, "dlq replay", fingerprint="0123456789", yes=True)
        assert done.code == 1
        assert done.error is not None
        assert done.error.code == "nothing_selected"
        assert len(stored(client)) == 1


def test_the_target_is_that_of_the_outer_command(outer: AppContext, tmp_path: Path) -> None:
    """Whatever is written to config.toml meanwhile: what was looked at is what is acted on."""
    before = outer.target
    folder = Path(outer.output.streams.environ["SHEMA_CONFIG_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text('default_profile = "other"\n[profiles.other]\nread_only = true\n')
    assert outer.beside("dlq replay").target == before


def interrupted(app: AppContext) -> None:
    del app
    raise KeyboardInterrupt


def test_ctrl_c_ends_the_outer_one_as_well(outer: AppContext) -> None:
    declaration = declared("dlq list")._replace(body=interrupted)
    with pytest.raises(Interrupted):
        carry_out(outer, declaration, "dlq list", {})
