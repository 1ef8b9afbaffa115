"""One connection on which scripts are sent ahead, and their answers taken in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from redis.connection import ConnectionPool
from redis.exceptions import AskError, MovedError, NoScriptError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError

from shema_cli.store.connection import RedisReply, Store
from shema_cli.store.refusals import Asked, asked_by, note
from shema_cli.store.scripts import Script

Argument = str | bytes


class Line:
    """To the server that has `key`, whatever the topology. Not for two threads.

    What it raises is Redis's own; a lost connection is final (`close`), and nothing is known then of what was not
    answered.
    """

    def __init__(self, store: Store, key: str) -> None:
        """Connects. Raises what Redis raises."""
        self._pool: ConnectionPool = store.client_of(key).connection_pool
        self._connection = self._pool.get_connection()
        self._known: set[str] = set()
        self._asked: deque[Asked] = deque()

    @property
    def waiting(self) -> int:
        """How many answers are to come."""
        return len(self._asked)

    def send(self, script: Script, names: Sequence[str], arguments: Sequence[Argument]) -> None:
        """Send a script on its way. The first time with its text, since the server may not have it."""
        command = ("EVALSHA", script.sha) if script.sha in self._known else ("EVAL", script.text)
        packed = self._connection.pack_command(*command, str(len(names)), *names, *arguments)
        self._connection.send_packed_command(packed, check_health=False)
        self._known.add(script.sha)
        self._asked.append(asked_by(script, names))

    def answer(self, wait_s: float) -> RedisReply | None:
        """The next answer; None when it does not come in time. Of what was refused it is noted what was asked."""
        if not self._connection.can_read(wait_s):
            return None
        asked = self._asked.popleft()
        try:
            return self._connection.read_response()
        except (NoScriptError, MovedError, AskError) as moved:
            raise RedisConnectionError(str(moved)) from moved  # it goes on elsewhere, or with the script's text again
        except ResponseError as refused:
            note(refused, asked)
            raise

    def close(self) -> None:
        self._connection.disconnect()
        self._pool.release(self._connection)
