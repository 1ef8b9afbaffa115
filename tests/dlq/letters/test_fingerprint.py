"""Fingerprints stay what they were, and take no longer than the text is long, whoever wrote it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shema_cli.dlq.letters.fingerprint import LONGEST, fingerprint, fold

# The patterns as they are read: exact, and for hostile texts hopelessly slow.
READ = (
    (re.compile(r"(?<!\w)'[^']*'(?!\w)|\"[^\"]*\"|`[^`]*`|“[^”]*”|«[^»]*»"), "<value>"),
    (re.compile(r"\b([a-z][a-z0-9+.]*)://[^\s/,;)\]}>]+"), r"\1://<address>"),
    (re.compile(r"\[[0-9a-f:.]*:[0-9a-f:.]*\](?::0)?|(?<![\w.])0\.0\.0\.0(?::0)?"), "<address>"),
    (re.compile(r"\b[\w-]+(?:\.[\w-]+)+:0\b|\blocalhost:0\b"), "<address>"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<address>"),
    (re.compile(r"(?<![\w-])[+-]?0(?:[.,]0)*(?:e[+-]?0)?(?=[a-zµ%]{0,7}(?![\w-]))"), "<n>"),
    (re.compile(r"\b(?:[0-9a-f]{2,}-){4}[0-9a-f]{2,}\b"), "<id>"),
    (re.compile(r"(?<![\w<])(?=[\w-]*0)(?=[\w-]*[a-z_-])[\w-]+"), "<id>"),
    (re.compile(r"(?<![\w<])[0-9a-f]{12,}(?![\w>])"), "<id>"),
    (re.compile(r"0"), "<n>"),
    (re.compile(r"\s+"), " "),
)
PIECES = [
    *"abz0f-.:/@+'\"`“”«»<>[]{}() _é%=,;\n²µǅ\u0301", "localhost", "://", "http", "0.0.0.0", "ms", "deadbeefdeadbeef",
    "localhost:0", "a.b:0", "a@b.c", "[::0]", "0b-0c-0d-0e-0f",
]  # fmt: skip


def as_it_reads(text: str) -> str:
    text = text.lower()
    for pattern, replacement in READ:
        text = pattern.sub(replacement, text)
    return text.strip()


@settings(max_examples=500)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=30))
def test_the_quick_steps_do_what_the_patterns_say(text: str) -> None:
    text = re.sub(r"\d+", "0", text)
    assert fold(text) == as_it_reads(text)


@pytest.mark.parametrize(
    ("error", "name"),
    [
        ("Timeout after 5000ms", "0e62ad21f8"),
        ("connect ECONNREFUSED 10.0.0.1:6379", "4de2a4fd14"),
        ("POST http://user-service:3002/api/users/42 returned 503", "a85c8fa21a"),
    ],
)
def test_a_fingerprint_that_somebody_wrote_down_still_selects(error: str, name: str) -> None:
    assert fingerprint(error) == name


HOSTILE = [
    "a",
    "a-",
    "“",
    "«",
    "'",
    "' ",
    '"',
    "[:",
    "[",
    ":",
    "a.",
    "a@",
    "a.a-",
    "0.",
    "<a-",
    ".",
    "a+",
    "“'",
    "ab-0f-",
]


def test_no_text_takes_longer_than_it_is_long() -> None:
    """With the patterns as they read, one of these takes minutes."""
    code = (
        "import sys; from shema_cli.dlq.letters.fingerprint import fingerprint\n"
        "for piece in sys.argv[1:]:\n"
        "    for text in (piece, 'x' + piece): fingerprint(text * (120_000 // len(text)))\n"
    )
    subprocess.run([sys.executable, "-c", code, *HOSTILE], check=True, timeout=120)


def test_of_a_very_long_error_the_beginning_counts() -> None:
    assert fingerprint("x" * LONGEST + "a") == fingerprint("x" * LONGEST + "b")
    assert fingerprint("x" * (LONGEST - 1) + "a") != fingerprint("x" * (LONGEST - 1) + "b")
