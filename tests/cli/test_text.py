"""Arguments whose bytes are not UTF-8 are refused where commands are declared, for all of them at once."""

from __future__ import annotations

import pytest

from tests.support.cli import shema
from tests.support.signed_in import signed_in

BAD = "caf\udce9"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("users", "show", BAD), "EMAIL"),
        (("dlq", "replay", "a", BAD, "--yes"), "ID"),
        (("dlq", "discard", BAD, "--yes"), "ID"),
        (("dlq", "replay", "--type", BAD), "--type"),
        (("audit", "list", "--actor", BAD), "--actor"),
        (("enrollments", "list", "--course", BAD), "--course"),
        (("enrollments", "reject", "e", "--reason", BAD, "--yes"), "--reason"),
        (("api", "user", f"/{BAD}"), "PATH"),
        (("trace", BAD), "ID"),
    ],
)
def test_what_is_not_utf8_is_told_with_its_name(base_env: dict[str, str], words: tuple[str, ...], named: str) -> None:
    run = shema(*words, "--json", env={**base_env, **signed_in()})
    assert (run.code, run.json["error"]["code"]) == (2, "not_utf8")
    assert run.json["error"]["message"].startswith(f"{named}: '")
    assert "caf\\xe9' is not UTF-8" in run.json["error"]["message"]


def test_a_file_may_have_any_name(base_env: dict[str, str]) -> None:
    run = shema("events", "publish", "user.updated", "--data", f"@/{BAD}", "--dry-run", env={**base_env, **signed_in()})
    assert "is not UTF-8" not in run.err
    assert "cannot be read" in run.err
