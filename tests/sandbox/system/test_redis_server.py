from __future__ import annotations

import socket
from pathlib import Path

import pytest

from shema_cli.errors import Failed
from shema_cli.sandbox.system.redis_server import RedisServer


def test_a_server_of_somebody_else_at_the_port_is_not_taken_for_ours(tmp_path: Path) -> None:
    other = RedisServer(tmp_path / "other")
    other.launch()
    other.wait_ready()
    ours = RedisServer(tmp_path / "ours", other.port)
    ours.launch()
    with pytest.raises(Failed) as failure:
        ours.wait_ready()
    assert "in use" in failure.value.message
    assert other.running
    other.stop()


def test_what_was_in_memory_is_there_again_when_it_is_kept(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    for command, answer in ((b"SET a 1\r\n", b"+OK"), (b"GET a\r\n", b"$1\r\n1")):
        server.launch()
        server.wait_ready()
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(command)
            assert connection.recv(64).startswith(answer)
        server.stop(keep_data=True)
