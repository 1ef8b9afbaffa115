"""In the name of an emulator's admin no server on another machine is used, wherever its address came from (3.1)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from shema_cli.errors import ExitCode, Refused
from shema_cli.store import keys
from shema_cli.store.connection import Store
from tests.support.canned import CannedRedis, bulk
from tests.support.store import settings_for
from tests.support.valkey import Valkey


def own_address() -> str | None:
    """An address of this machine that is no loopback address, so that it looks like another machine; None: it has none.

    Nothing is sent.
    """
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith("127.") else address


@pytest.fixture
def away() -> Iterator[Valkey]:
    """A server that others reach too."""
    if own_address() is None:
        pytest.skip("this machine has no address but loopback")
    server = Valkey(options=("--bind", "0.0.0.0", "--protected-mode", "no"))
    yield server.start()
    server.stop()


def sentinel_naming(host: str, port: int) -> CannedRedis:
    """A sentinel on this machine that says where the primary `main` is."""
    facts = [
        *("name", "main", "ip", host, "port", str(port), "flags", "master"),
        *("num-other-sentinels", "0", "num-slaves", "0", "quorum", "1"),
    ]
    master = f"%{len(facts) // 2}\r\n".encode() + b"".join(map(bulk, facts))
    hello = b"%1\r\n" + bulk("proto") + b":3\r\n"
    return CannedRedis({"HELLO": hello, "SENTINEL": b"*1\r\n" + master})


def urls(away: Valkey, sentinel: CannedRedis) -> list[str]:
    return [f"redis://{own_address()}:{away.port}/0", f"redis+sentinel://127.0.0.1:{sentinel.port}/main"]


@pytest.mark.parametrize("which", [0, 1], ids=["one server", "a sentinel's primary"])
def test_a_server_on_another_machine_is_refused_before_anything_is_sent(away: Valkey, which: int) -> None:
    with sentinel_naming(str(own_address()), away.port) as sentinel:
        url = urls(away, sentinel)[which]
        with (
            closing(Store(settings_for(url), only_here=True)) as store,
            pytest.raises(Refused) as told,
            store.errors(),
        ):
            store.client.set(keys.AUDIT, "x")
        with closing(Store(settings_for(url))) as store, store.errors():
            assert store.client.exists(keys.AUDIT) == 0
    assert (told.value.code, told.value.exit_code) == ("emulator_target", ExitCode.REFUSED)
    assert str(own_address()) in told.value.message


def test_on_this_machine_it_is_used(valkey: Valkey) -> None:
    with closing(Store(settings_for(valkey.url), only_here=True)) as store, store.errors():
        assert store.client.set("a", "b")
