"""What was probably meant by a word that is none."""

from __future__ import annotations

import pytest

from shema_cli.help.suggest import close_to, did_you_mean, with_suggestion


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("aprove", ["approve", "reject"], "approve"),
        ("APPROVE", ["approve"], "approve"),
        ("redis_url", ["REDIS_URL"], "REDIS_URL"),
        ("zzz", ["approve"], None),
        ("x", [], None),
    ],
)
def test_the_nearest_word_is_meant_whatever_its_case(word: str, known: list[str], meant: str | None) -> None:
    assert close_to(word, known) == meant
    assert did_you_mean(word, known) == (f" Did you mean {meant!r}?" if meant else "")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("No such option: --jsno (Possible options: --json, --yes)", "No such option: --jsno. Did you mean '--json'?"),
        ("No such option: --zzz (Possible options: --json)", "No such option: --zzz."),
        (
            "'jsno' is not one of 'table', 'json', 'csv'.",
            "'jsno' is not one of 'table', 'json', 'csv'. Did you mean 'json'?",
        ),
        ("'x' is not one of 'table'.", "'x' is not one of 'table'."),
        ("Missing argument 'ID'.", "Missing argument 'ID'."),
    ],
)
def test_a_usage_error_ends_in_what_was_meant(message: str, said: str) -> None:
    assert with_suggestion(message) == said


def test_a_word_of_any_length_is_read_once() -> None:
    """A pattern that begins with the word looks for its end from each of its letters: minutes for this one."""
    long = f"Invalid value for '--limit': '{'a' * 300_000}' is not a valid integer."
    assert with_suggestion(long) == long
