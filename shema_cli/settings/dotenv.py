"""A file of `NAME=value` lines read: `.env` of the working directory, or what `--env-file` names (contract 2.1).

The syntax is python-dotenv's. Around it: a named pipe and `<(…)` are read like a file, a byte order mark is passed
over, and a line that cannot be read stops the command when it would lose a setting of ours.
"""

from __future__ import annotations

import os
import re
import select
import stat
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from shema_cli.errors import InvalidUsage, NotConfigured
from shema_cli.frozen import dataclass
from shema_cli.json_text import not_utf8
from shema_cli.system import AT_ONCE

if TYPE_CHECKING:
    from dotenv.parser import Binding

PIPE_S = 15.0
"""How long somebody has to write into a named pipe: a password manager asks its owner first."""
MOST_BYTES = 1 << 20
MISSING = "env_file_missing"
_HANDED_OVER = re.compile(r"/(?:dev|proc/self)/fd/(\d{1,6})")
_NAMED = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\b")
_SET = re.compile(_NAMED.pattern + r"\s*=")
_QUOTED = re.compile(_SET.pattern + r"\s*['\"]")

IsSetting = Callable[[str], bool]


@dataclass(frozen=True)
class Statement:
    """One statement of such a file, and the line, from 1, on which it begins.

    `name` is None where it cannot be read, `value` for a name alone (`export NAME`), which says nothing of its value.
    `problem`: why it stops a command.
    """

    line: int
    name: str | None
    value: str | None
    quoted: bool = False
    problem: str | None = None


def read_dotenv(path: Path, is_setting: IsSetting, *, required: bool) -> Mapping[str, str]:
    """The values by name. A file that is not there is an empty one, unless it is `required`.

    Raises InvalidUsage for a missing file, NotConfigured, with file and line, for one that cannot be read.
    """
    try:
        content = env_file_content(path, flag="--env-file")
    except InvalidUsage as error:
        if required or error.code != MISSING:
            raise
        return {}
    values = {}
    for statement in statements(str(path), content, is_setting):
        if statement.problem:
            problem = f"{path}, line {statement.line}: {statement.problem}"
            raise NotConfigured("env_file_unreadable", problem, f"mend line {statement.line} of {path}")
        if statement.name is not None and statement.value is not None:
            values[statement.name] = statement.value
    return values


# -- bytes -----------------------------------------------------------------------------------------------------------


def env_file_content(path: Path, *, flag: str) -> bytes:
    """All of the file that `flag` names, also of a pipe. Raises InvalidUsage (`MISSING`), and NotConfigured."""
    try:
        return _content(path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise InvalidUsage(MISSING, f"{flag}: {path} is not a file", "check the path") from None
    except OSError as error:
        problem = f"{path} cannot be read: {error.strerror or error}"
        raise NotConfigured("env_file_unreadable", problem, "check the file") from error


def _content(path: Path) -> bytes:
    if handed_over := _HANDED_OVER.fullmatch(str(path)):  # `<(…)`: opened anew, it would wait for another writer
        with os.fdopen(os.dup(int(handed_over[1])), "rb") as file:
            return file.read(MOST_BYTES + 1)
    if stat.S_ISFIFO(path.stat().st_mode):
        return _of_pipe(path)
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _of_pipe(path: Path) -> bytes:
    """All that is written into a pipe. Raises TimeoutError when nobody writes, or nobody ends."""
    handle = os.open(path, os.O_RDONLY | AT_ONCE)
    content = b""
    try:
        for chunk in _chunks(handle, monotonic() + PIPE_S):
            content += chunk
            if len(content) > MOST_BYTES:
                break
        return content
    finally:
        os.close(handle)


def _chunks(handle: int, deadline: float) -> Iterator[bytes]:
    begun = False
    while (left := deadline - monotonic()) > 0:
        if not select.select([handle], [], [], left)[0]:
            continue
        try:
            chunk = os.read(handle, 65536)
        except BlockingIOError:
            continue
        if chunk:
            begun = True
            yield chunk
        elif begun:
            return
        else:  # nobody has opened it for writing yet
            select.select([], [], [], 0.02)
    raise TimeoutError(f"it is a pipe, and nobody has written into it for {PIPE_S:g} s")


# -- lines -----------------------------------------------------------------------------------------------------------


def statements(source: str, content: bytes, is_setting: IsSetting) -> Iterator[Statement]:
    """What stands in it, in order. Raises NotConfigured, naming the `source`, where nothing of it can be read."""
    if len(content) > MOST_BYTES:
        raise _unreadable(source, f"it is longer than {MOST_BYTES >> 20} MB", "name a file of NAME=value lines")
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise _unreadable(source, "it is UTF-16", "save it as UTF-8")
    from dotenv.parser import parse_stream

    for binding in parse_stream(StringIO(content.decode("utf-8-sig", "surrogateescape"))):
        if binding.error or binding.key is not None:
            yield _statement(binding, is_setting)


def _statement(binding: Binding, is_setting: IsSetting) -> Statement:
    told = binding.original.string
    blank = len(told) - len(told.lstrip())
    problem = None
    if lost := _lost(binding, is_setting):
        problem = f"{lost} would be lost: a quote is not closed, or something stands behind it"
    elif binding.key is not None and is_setting(binding.key) and not_utf8(binding.value or ""):
        problem = f"the value of {binding.key} is not UTF-8"
    return Statement(
        line=binding.original.line + told[:blank].count("\n"),
        name=None if binding.error else binding.key,
        value=binding.value,
        quoted=_QUOTED.match(told) is not None,
        problem=problem,
    )


def _lost(binding: Binding, is_setting: IsSetting) -> str | None:
    """The setting of ours that a statement loses: one that cannot be read, or that has swallowed further lines."""
    first, *further = binding.original.string.strip().splitlines() or [""]
    names = [match[1] for line in further if (match := _SET.match(line))]
    if binding.error and (match := _NAMED.match(first)):
        names.insert(0, match[1])
    return next(filter(is_setting, names), None)


def _unreadable(source: str, problem: str, hint: str) -> NotConfigured:
    return NotConfigured("env_file_unreadable", f"{source} cannot be read: {problem}", hint)
