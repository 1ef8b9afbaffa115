"""What Redis refused, in its own terms: the word of the error, and the command, key or channel that it leaves out.

Redis names a refused command but never a key or a channel, before 7.2 not even the command that a script may not run,
and it never says which key holds something else than is expected. Who asked knows what was asked (`Asked`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from shema_cli.frozen import dataclass
from shema_cli.store import keys

if TYPE_CHECKING:
    from redis import Redis

    from shema_cli.store.scripts import Script

_WORD_OF: tuple[tuple[type[Exception], str], ...] = (
    (NoPermissionError, "NOPERM"),
    (AuthenticationError, "WRONGPASS"),
    (AuthorizationError, "WRONGPASS"),
    (BusyLoadingError, "LOADING"),
    (ReadOnlyError, "READONLY"),
    (ClusterDownError, "CLUSTERDOWN"),
    (MasterDownError, "MASTERDOWN"),
    (OutOfMemoryError, "OOM"),
    (TryAgainError, "TRYAGAIN"),
)
"""redis-py takes the word off the text of these."""
_OF_A_SCRIPT = re.compile(r"^(?:ERR )?Error running script \(call to \w+\): |^@user_script: ?(\d+): (?:-)?")
_END_OF_A_SCRIPT = re.compile(r" script: (?:\w+, )?on @user_script:(\d+)\.?$")
_CALL_OF_A_SCRIPT = re.compile(r"^(?:NOPERM )?([A-Z]+(?: [A-Z]+)?): (?:@user_script: ?\d+: )?(?=The user |ERR |ACL )")
"""How a script hands on what it was refused, with the command that it called."""
_OF_A_PIPELINE = re.compile(r"^Command # \d+ \((.*?)\) of pipeline caused error: ", re.DOTALL)
_WORD = re.compile(r"[A-Z]{3,}\b")
_OF_A_RIGHT = ("ACL failure in script: ", "The user executing the script can't ")
_THE_COMMAND = re.compile(r"to run the '([^']+)' command")
_CALLED = re.compile(r"""redis\.p?call\('([A-Z]+)'(?:, '([A-Z]+)')?""")
_OURS = (keys.DEAD_LETTERS, keys.DEAD_LETTERS_PREFIX, "{shema}:", keys.USER_PREFIX)


WITH_SUBCOMMANDS = frozenset({"ACL", "CLIENT", "CLUSTER", "CONFIG", "PUBSUB", "XINFO"})


@dataclass(frozen=True)
class Asked:
    """The command that was refused. `found`: what is there under those of its keys that hold the wrong thing."""

    command: str
    keys: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    script: Script | None = None
    found: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Refusal:
    """An error of Redis taken apart: `word` as the protocol has it (`NOPERM`, `OOM`, …) or empty, and its text.

    `line` is that of the script which met it.
    """

    word: str
    text: str
    line: int | None = None
    asked: Asked | None = None

    @property
    def of_a_key(self) -> bool:
        return " key" in self.text and not self.command

    @property
    def of_a_channel(self) -> bool:
        return " channel" in self.text and not self.command

    @property
    def command(self) -> str:
        """The command that may not be run, as ACL SETUSER names it; empty where something else was refused."""
        if told := _THE_COMMAND.search(self.text):
            named = told[1].lower()
            return self.called.lower() if self.called.lower().startswith(f"{named}|") else named
        return self.called.lower() if "run this command" in self.text else ""

    @property
    def called(self) -> str:
        """What was called when it was refused, `COMMAND` or `COMMAND|SUB`."""
        lines = self.asked.script.text.splitlines() if self.asked and self.asked.script else []
        if self.line and self.line <= len(lines) and (found := _CALLED.search(lines[self.line - 1])):
            return "|".join(filter(None, found.groups()))
        return self.asked.command if self.asked else ""


def refusal(error: BaseException) -> Refusal:
    """Take apart what redis-py raised, or what a script handed out as text (`ResponseError`)."""
    text, line, asked = str(error), None, asked_of(error)
    if of_pipeline := _OF_A_PIPELINE.match(text):
        asked = asked or _asked_in(of_pipeline[1].split())
        text = text[of_pipeline.end() :]
    while found := _OF_A_SCRIPT.match(text) or _END_OF_A_SCRIPT.search(text):
        line = int(found[1]) if found.re.groups and found[1] else line
        text = text[: found.start()] + text[found.end() :]
    if called := _CALL_OF_A_SCRIPT.match(text):
        asked = replace(asked or Asked(""), command=called[1].replace(" ", "|"), script=None)
        text, line = text[called.end() :], None
    word = next((word for kind, word in _WORD_OF if isinstance(error, kind)), "")
    if not word and text.removeprefix("ERR ").startswith(_OF_A_RIGHT):
        word = "NOPERM"
    elif text.startswith("ERR "):
        text = text.removeprefix("ERR ")
    elif not word and (spelled := _WORD.match(text)):
        word, text = spelled[0], text[spelled.end() :].lstrip()
    return Refusal(word, text, line, asked)


def asked_of(error: BaseException) -> Asked | None:
    """What was noted with an error."""
    found = getattr(error, "shema_asked", None)
    return found if isinstance(found, Asked) else None


def note(error: BaseException, asked: Asked) -> None:
    """Keep with an error what was asked."""
    error.shema_asked = asked  # type: ignore[attr-defined]


def explain(error: ResponseError, asked: Asked, client: Redis) -> None:
    """Keep with an error what was asked, and which of several keys it is about; Redis is asked, where it may be."""
    note(error, asked)
    told = refusal(error)
    if told.word == "WRONGTYPE":
        found = ((key, _type_of(client, key)) for key in asked.keys)
        note(error, replace(asked, found=tuple((k, is_) for k, is_ in found if is_ not in (None, keys.kind_of(k)))))
    elif told.word == "NOPERM" and told.of_a_key and len(asked.keys) > 1:
        closed = tuple(key for key in asked.keys if _is_closed(client, key))
        note(error, replace(asked, keys=closed or asked.keys))


def _type_of(client: Redis, key: str) -> str | None:
    """None where there is nothing, or it may not be asked."""
    try:
        found = client.execute_command("TYPE", key)
    except RedisError:
        return None
    name = found.decode() if isinstance(found, bytes) else str(found)
    return None if name == "none" or keys.kind_of(key) is None else name


def _is_closed(client: Redis, key: str) -> bool:
    try:
        client.execute_command("EVAL", "return 1", 1, key)
    except RedisError as error:
        return refusal(error).of_a_key
    return False


def holds_something_else(answer: object, command: str, key: str) -> bool:
    """Whether this answer, of a pipeline that does not raise, says that the key is of another type.

    Raises any other error, with what was asked.
    """
    if not isinstance(answer, Exception):
        return False
    if refusal(answer).word != "WRONGTYPE":
        note(answer, Asked(command, (key,)))
        raise answer
    return True


def asked(words: Sequence[object]) -> Asked:
    """A command line: its keys are the words that look like keys of ours."""
    return _asked_in(as_texts(words))


def asked_by(script: Script, names: Sequence[object], channel: str = "") -> Asked:
    """A script with its KEYS, and the channel that it publishes on, if it does."""
    return Asked("EVALSHA", tuple(as_texts(names)), (channel,) if channel else (), script)


def as_texts(words: Sequence[object]) -> list[str]:
    return [word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word) for word in words]


def _asked_in(words: Sequence[str]) -> Asked:
    command = words[0].upper() if words else ""
    if command in WITH_SUBCOMMANDS:
        command = "|".join(words[:2]).upper()
    if command in ("PUBLISH", "SUBSCRIBE", "PSUBSCRIBE"):
        return Asked(command, channels=tuple(words[1:2] if command == "PUBLISH" else words[1:]))
    return Asked(command, keys=tuple(_ours(words[1:])))


def _ours(words: Sequence[str]) -> Iterator[str]:
    return (word for word in words if word.startswith(_OURS))
