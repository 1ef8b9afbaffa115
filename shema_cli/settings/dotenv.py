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
from shema_cli.json_text import not_utf8

if TYPE_CHECKING:
    from dotenv.parser import Binding

PIPE_S = 15.0
"""How long somebody has to write into a named pipe: a password manager asks its owner first."""
_MOST_BYTES = 1024 * 1024
_HANDED_OVER = re.compile(r"/(?:dev|proc/self)/fd/(\d{1,6})")
_NAMED = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\b")
_SET = re.compile(_NAMED.pattern + r"\s*=")

IsSetting = Callable[[str], bool]


def read_dotenv(path: Path, is_setting: IsSetting, *, required: bool) -> Mapping[str, str]:
    """The values by name. A file that is not there is an empty one, unless it is `required`.

    Raises InvalidUsage for a missing file, NotConfigured, with file and line, for one that cannot be read.
    """
    try:
        content = _content(path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        if required:
            raise InvalidUsage("env_file_missing", f"--env-file: {path} is not a file", "check the path") from None
        return {}
    except OSError as error:
        problem = f"{path} cannot be read: {error.strerror or error}"
        raise NotConfigured("env_file_unreadable", problem, "check the file") from error
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise NotConfigured("env_file_unreadable", f"{path} cannot be read: it is UTF-16", "save it as UTF-8")
    return _values(path, content.decode("utf-8-sig", "surrogateescape"), is_setting)


# -- bytes -----------------------------------------------------------------------------------------------------------


def _content(path: Path) -> bytes:
    if handed_over := _HANDED_OVER.fullmatch(str(path)):  # `<(…)`: opened anew, it would wait for another writer
        with os.fdopen(os.dup(int(handed_over[1])), "rb") as file:
            return file.read(_MOST_BYTES)
    if stat.S_ISFIFO(path.stat().st_mode):
        return _of_pipe(path)
    with path.open("rb") as file:
        return file.read(_MOST_BYTES)


def _of_pipe(path: Path) -> bytes:
    """All that is written into a pipe. Raises TimeoutError when nobody writes, or nobody ends."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return b"".join(_chunks(handle, monotonic() + PIPE_S))
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


def _values(path: Path, text: str, is_setting: IsSetting) -> dict[str, str]:
    from dotenv.parser import parse_stream

    values: dict[str, str] = {}
    for binding in parse_stream(StringIO(text)):
        if lost := _lost(binding, is_setting):
            problem = f"{lost} would be lost: a quote is not closed, or something stands behind it"
            raise _unreadable(path, binding, problem)
        if binding.error or binding.key is None:
            continue
        if is_setting(binding.key) and not_utf8(binding.value or ""):
            raise _unreadable(path, binding, f"the value of {binding.key} is not UTF-8")
        if binding.value is None:  # `export NAME`, as shells know it: it says nothing of the value
            continue
        values[binding.key] = binding.value
    return values


def _lost(binding: Binding, is_setting: IsSetting) -> str | None:
    """The setting of ours that a statement loses: one that cannot be read, or that has swallowed further lines."""
    first, *further = binding.original.string.strip().splitlines() or [""]
    names = [match[1] for line in further if (match := _SET.match(line))]
    if binding.error and (match := _NAMED.match(first)):
        names.insert(0, match[1])
    return next(filter(is_setting, names), None)


def _unreadable(path: Path, binding: Binding, problem: str) -> NotConfigured:
    original = binding.original
    blank = len(original.string) - len(original.string.lstrip())
    line = original.line + original.string[:blank].count("\n")
    return NotConfigured("env_file_unreadable", f"{path}, line {line}: {problem}", f"mend line {line} of {path}")
