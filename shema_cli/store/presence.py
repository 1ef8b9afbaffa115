"""How our own tails prove that they are tails and no services, and how that is checked (contract 3.2).

A tail writes a random token into `{shema}:tails`, which only a client that may write `{shema}:*` can do, and
subscribes, together with its patterns, to the channel of that token. Whoever else subscribes there changes nothing: a
token counts once (`lua/deliver.lua`). What a spy could do is to hold the channel of a tail that has died; so before a
decision hangs on it, whoever publishes vouches for the tail: the server lists its connection, or, where CLIENT LIST is
forbidden, it has renewed its registration since.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Protocol

from redis.exceptions import ResponseError

from shema_cli.clock import Clock
from shema_cli.errors import Failed, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.scripts import script

RENEW_S = 1.0
ENDED_WITHIN_S = 2.0
WATCH_S = 1.7
WATCH_PAUSE_S = 0.1
VOUCHED_FOR_S = 0.5
UNTOLD = "-"
SUBSCRIBED = ("CLIENT", "LIST", "TYPE", "PUBSUB")
"""Asks for the connections that are subscribed to something; `client_lines` reads the answer."""

Client = tuple[str, str]
"""A connection as the server names it: its id and its address."""


@dataclass(frozen=True)
class Sign:
    """What one connection of a tail proves itself with; `secret` never leaves Redis by a channel."""

    token: str
    secret: str

    @property
    def channel(self) -> bytes:
        return f"{keys.PRESENCE_PREFIX}{self.token}".encode()


@dataclass(frozen=True)
class TailRegistration:
    """One tail as it stands in Redis; `renewed` is whatever the server's clock showed."""

    token: str
    renewed: str
    client: Client
    patterns: tuple[bytes, ...]

    @property
    def channel(self) -> bytes:
        return f"{keys.PRESENCE_PREFIX}{self.token}".encode()

    @classmethod
    def read(cls, token: bytes, stored: bytes | None) -> TailRegistration | None:
        """None for what is not there or is no registration."""
        words = (stored or b"").decode("ascii", "replace").split()
        with suppress(ValueError):
            _, renewed, id, address, *patterns = words
            return cls(token.decode(), renewed, (id, address), tuple(map(bytes.fromhex, patterns)))
        return None


class Wire(Protocol):
    """A connection that is not subscribed yet (redis-py's)."""

    def send_command(self, *words: str) -> None: ...

    def read_response(self) -> object: ...


class Presence:
    """A tail's side: registers each of its connections, renews the registration, and ends it.

    `refused` is what Redis said when it did not let this user register: then the tail counts as a service.
    """

    def __init__(self, store: Store, patterns: Sequence[bytes]) -> None:
        self._store = store
        self._patterns = " ".join(pattern.hex() for pattern in patterns)
        self._sign: Sign | None = None
        self._told = ""
        self.refused: str | None = None

    def announce(self, connection: Wire) -> Sign:
        """Register a connection before it subscribes. Where Redis is away just now, the next renewal does it.

        A connection that follows another may lead to another server, which ours may not have noticed.
        """
        if self._sign:
            self.end()
            self._store.let_go()
        self._told = " ".join((*_client_of(connection), self._patterns))
        self._sign = Sign(secrets.token_hex(16), secrets.token_hex(16))
        self._write(self._sign, self._sign.secret, new=True)
        return self._sign

    @property
    def channel(self) -> bytes | None:
        """The channel of the token in use, which only this tail of ours follows."""
        return self._sign.channel if self._sign else None

    def renew(self) -> None:
        if self._sign:
            self._write(self._sign, self._sign.secret)

    def end(self) -> None:
        """Take the registration away, as far as Redis lets us."""
        sign, self._sign = self._sign, None
        if sign and not self.refused:
            self._write(sign, "")

    @contextmanager
    def kept_up(self, and_also: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Renew it in a thread while the block lasts, and end it then. `and_also` is done each time, too."""
        over = threading.Event()

        def renew() -> None:
            try:
                while not over.wait(RENEW_S):
                    self.renew()
                    and_also()
                self.end()
            except Exception:
                if not over.is_set():
                    raise  # else nobody waited for it any more, and the store may have been closed under it
            finally:
                self._store.close()

        thread = threading.Thread(target=renew, name="shema-tail-presence", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(ENDED_WITHIN_S)

    def _write(self, sign: Sign, secret: str, *, new: bool = False) -> None:
        words: list[str | bytes | float] = [keys.PRESENCE_PREFIX, sign.token, secret, self._told, int(new)]
        try:
            with self._store.errors():
                for key in tail_keys(self._store):
                    self._store.run(script("tail"), [key], words)
            self.refused = None
        except Failed as error:
            self.refused = error.message
        except ShemaError:
            pass  # Redis is away: the next renewal makes up for it


def tail_keys(store: Store) -> list[str]:
    """Where tails register: on a cluster also beside the dead letters, whose scripts can only read there."""
    return [keys.TAILS, *([keys.TAILS_OF_DEAD_LETTERS] if store.cluster else [])]


def registered_tails(store: Store) -> list[TailRegistration]:
    """All tails that have registered, those included that have died without a word. Raises what Redis raises."""
    return read_tails(store.client.hgetall(keys.TAILS))  # type: ignore[arg-type]


def read_tails(stored: Mapping[bytes, bytes]) -> list[TailRegistration]:
    """The tails in what stands under `keys.TAILS`."""
    read = (TailRegistration.read(token, value) for token, value in stored.items())
    return [tail for tail in read if tail]


class Voucher:
    """The side of whoever publishes: says of the tails that a script names whether they live."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._vouched: dict[str, bool] = {}
        self._until = float("-inf")

    def words(self) -> str:
        """The argument `presence` of `lua/deliver.lua`: what was vouched for a moment ago is still good."""
        if self._clock.monotonic() > self._until:
            self._vouched.clear()
        signs = (f"{token}{'+' if lives else '-'}" for token, lives in self._vouched.items())
        return " ".join((keys.PRESENCE_PREFIX, *signs))

    def vouch(self, tokens: Sequence[str]) -> None:
        """Find out about these tails; takes 1.7 s at most, where CLIENT LIST is forbidden. Raises what Redis raises."""
        registered = self._read(tokens)
        clients = subscribed_clients(self._store)
        unlisted = [tail for tail in registered if clients is None or UNTOLD in tail.client]
        living = {tail.token for tail in registered if clients and tail.client in clients}
        living |= self._renewed(unlisted) if unlisted else set()
        self._vouched |= {token: token in living for token in tokens}
        self._until = self._clock.monotonic() + VOUCHED_FOR_S

    def _renewed(self, tails: Sequence[TailRegistration]) -> set[str]:
        """Which of them renew their registration while we look."""
        before = {tail.token: tail.renewed for tail in tails}
        living: set[str] = set()
        deadline = self._clock.monotonic() + WATCH_S
        while len(living) < len(before) and self._clock.monotonic() < deadline:
            self._clock.sleep(WATCH_PAUSE_S)
            living |= {tail.token for tail in self._read(list(before)) if tail.renewed != before[tail.token]}
        return living

    def _read(self, tokens: Sequence[str]) -> list[TailRegistration]:
        stored = self._store.client.hmget(keys.TAILS, list(tokens))
        read = (TailRegistration.read(t.encode(), value) for t, value in zip(tokens, stored, strict=True))  # type: ignore[arg-type]
        return [tail for tail in read if tail]


def subscribed_clients(store: Store) -> set[Client] | None:
    """The connections that are subscribed to something, of all nodes; None where CLIENT LIST is forbidden.

    Raises what Redis raises besides.
    """
    found = set()
    for node in store.nodes():
        try:
            listing: bytes = node.execute_command(*SUBSCRIBED)
        except ResponseError:
            return None
        found |= {(client.get("id", ""), client.get("addr", "")) for client in client_lines(listing)}
    return found


def client_lines(listing: bytes) -> Iterator[dict[str, str]]:
    """The connections in an answer of CLIENT LIST or CLIENT INFO, by the names that the server gives."""
    for line in listing.decode("utf-8", "replace").splitlines():
        yield dict(word.partition("=")[::2] for word in line.split(" "))


def _client_of(connection: Wire) -> Client:
    """Itself as the server sees it; `-` where CLIENT INFO is forbidden."""
    try:
        connection.send_command("CLIENT", "INFO")
        told = connection.read_response()
    except ResponseError:
        return UNTOLD, UNTOLD
    client = next(client_lines(told), {}) if isinstance(told, bytes) else {}
    return client.get("id", UNTOLD), client.get("addr", UNTOLD)
