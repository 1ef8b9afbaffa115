"""What a file of `NAME=value` lines says of a profile: all of it is taken, or each line that cannot be is told.

The syntax is that of `.env` (`settings/dotenv.py`); but what a command passes over there is a problem here, where
somebody means it to be written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TextIO

from shema_cli.errors import InvalidUsage
from shema_cli.frozen import dataclass
from shema_cli.inputs import read_given
from shema_cli.settings.dotenv import MOST_BYTES, Statement, env_file_content, statements
from shema_cli.settings.profile import PROFILE_OPTIONS
from shema_cli.settings.sources import is_setting
from shema_cli.settings.values import CORE_SERVICES, SETTINGS, service_variable
from shema_cli.setup.draft import NOT_OF_A_PROFILE
from shema_cli.setup.results import Problem

FLAG = "--from"
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
STDIN = "-"


@dataclass(frozen=True)
class Given:
    """`values` by name, the empty ones left out; `besides`: those that no profile has; `problems`: all of them."""

    source: str
    values: Mapping[str, str]
    besides: Mapping[str, str]
    problems: tuple[Problem, ...]


def read(source: str, stdin: TextIO) -> Given:
    """Of a file, a pipe, or stdin (`-`).

    Raises InvalidUsage for what is no such file, NotConfigured for one of which nothing can be read.
    """
    if source == STDIN and stdin.isatty():
        raise InvalidUsage(
            "stdin_is_a_terminal", f"{FLAG} -: stdin is a terminal", f"pipe the settings in, or leave {FLAG} out"
        )
    content = read_given(STDIN, stdin, flag=FLAG, most=MOST_BYTES + 1) if source == STDIN else _of_file(source)
    shown = "stdin" if source == STDIN else source
    told = list(statements(shown, content, is_setting))
    values = {one.name: one.value for one in told if one.name and one.value and not one.problem and _is_known(one.name)}
    return Given(
        shown,
        {name: value.strip() for name, value in values.items() if name not in NOT_OF_A_PROFILE and value.strip()},
        {name: value.strip() for name, value in values.items() if name in NOT_OF_A_PROFILE and value.strip()},
        tuple(_problems(told)),
    )


def _of_file(source: str) -> bytes:
    return env_file_content(Path(source), flag=FLAG)


def _problems(told: Iterable[Statement]) -> Iterator[Problem]:
    lines: dict[str, int] = {}
    for one in told:
        if problem := _problem(one, lines):
            yield Problem(one.line, _shown(one.name), problem)
        if one.name:
            lines.setdefault(one.name, one.line)


def _problem(one: Statement, lines: Mapping[str, int]) -> str | None:
    if one.problem:
        return one.problem
    if one.name is None:
        return "it is not NAME=value, or a quote is not closed"
    name = one.name
    if not _is_known(name):
        return f"{_shown(name) or 'what stands there'} is not a setting{_meant(name)}"
    if name in lines:
        return f"{name} stands twice (first in line {lines[name]})"
    if one.value is None:
        return f"{name} has no value: write {name}=value"
    if not one.quoted and len(one.value.split()) > 1:
        return f"the value of {name} has blanks, and must stand in quotes"
    return None


def _is_known(name: str) -> bool:
    return is_setting(name) or name in PROFILE_OPTIONS


def _shown(name: str | None) -> str | None:
    """None for what may be no name but a piece of a secret: a line of a key, a value that has lost its beginning."""
    return name if name is not None and (_is_known(name) or _NAME.fullmatch(name) or _meant(name)) else None


def _meant(name: str) -> str:
    known = [*SETTINGS, *map(service_variable, CORE_SERVICES), *PROFILE_OPTIONS]
    close = get_close_matches(name.upper(), known, n=1) or get_close_matches(name.lower(), known, n=1)
    return f"; did you mean {close[0]}?" if close else ""
