"""A URL that is typed at a terminal: its password is never drawn, and the terminal is given back as it was."""

from __future__ import annotations

import os
import signal
import termios

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.output.half_seen import half_seen
from tests.support.terminal import Terminal

TYPED = """
import sys
from shema_cli.output.person import Echo, Prompts
from shema_cli.output.streams import Streams
print("is", repr(Prompts(Streams.system()).typed("URL: ", flag="--x", echo=Echo.URL)), "end", flush=True)
"""
PASSWORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)


@given(password=PASSWORDS.filter(lambda text: len(set(text)) > 1), typed=st.integers(min_value=1))
def test_nothing_of_a_password_is_seen_at_any_moment(password: str, typed: int) -> None:
    whole = f"rediss://ani:{password}@cache:6379/0"
    begin = whole.index(password, len("rediss://ani"))
    upto = begin + 1 + typed % (len(whole) - begin)
    shown = half_seen(whole[:upto])
    assert shown.strip("*@") in ("rediss://ani:", "rediss://") or shown.startswith("rediss://********@")
    if "@" not in password:
        assert shown in (
            f"rediss://ani:{'*' * (upto - begin)}",
            f"rediss://********@{whole[begin + len(password) + 1 : upto]}",
        )


@pytest.mark.parametrize("typed", ["", "redis", "redis://", "redis://cache", "unix:///run/redis.sock"])
def test_what_has_no_password_yet_is_seen(typed: str) -> None:
    assert half_seen(typed) == typed


def test_a_line_is_edited_and_what_arrows_send_is_none_of_it() -> None:
    with Terminal(env={}, script=TYPED) as terminal:
        terminal.wait("URL:").keys("gone\x15redix\x7fs://h\x1b[A\x1b[3~\x1bOB:1\u00e9\x7f\r")
        terminal.wait("is 'redis://h:1' end")
        assert terminal.end() == 0


def test_what_is_pasted_behind_the_end_of_the_line_is_left_for_who_reads_next() -> None:
    script = TYPED + "print('then', sys.stdin.readline().strip(), 'end', flush=True)"
    with Terminal(env={}, script=script) as terminal:
        terminal.wait("URL:").keys("redis://h\nsecond\n")
        terminal.wait("is 'redis://h' end", "then second end")


@pytest.mark.parametrize("echo", ["URL", "NOTHING"])
def test_what_is_not_utf8_is_told_and_of_a_secret_nothing_is_drawn(echo: str) -> None:
    script = TYPED.replace("Echo.URL", f"Echo.{echo}")
    with Terminal(env={"LC_ALL": "C.UTF-8"}, script=script) as terminal:
        terminal.wait("URL:")
        os.write(terminal.child.child_fd, b"caf\xe9\n")
        terminal.wait("not UTF-8")
    with Terminal(env={}, script=script) as terminal:
        terminal.wait("URL:").keys("secrex\x7ft\u00e9\r")
        terminal.wait("is 'secret\u00e9' end")
        assert ("secret" in terminal.raw.partition("is")[0]) is (echo == "URL")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_terminal_is_whole_after_a_signal(number: signal.Signals) -> None:
    with Terminal(env={}, script=TYPED) as terminal:
        terminal.wait("URL:").keys("redis://h:sec")
        terminal.wait("redis://h:***")
        assert not terminal.settings[3] & termios.ECHO
        os.kill(terminal.child.pid, number)
        assert terminal.end() == -number
        assert "sec" not in terminal.raw


def test_a_line_that_is_longer_than_the_terminal_shows_its_end() -> None:
    with Terminal(env={}, script=TYPED, columns=40) as terminal:
        terminal.wait("URL:").keys("redis://" + "h" * 60 + ".example")
        terminal.wait("hh.example")
        assert len([line for line in terminal.display if line]) == 1


@pytest.mark.parametrize("env", [{"SHEMA_PLAIN": "1"}, {"TERM": "dumb"}])
def test_where_nothing_may_move_all_of_it_is_unseen(env: dict[str, str]) -> None:
    with Terminal(env=env, script=TYPED) as terminal:
        terminal.wait("URL: (unseen)").keys("redis://ani:secret@h\r")
        terminal.wait("is 'redis://ani:secret@h' end")
        assert terminal.raw.count("secret") == 1, "it is the script that prints it"
