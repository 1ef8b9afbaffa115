"""Which channels `chat tail SESSION` follows: exactly that session's, whatever its id holds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shema_cli.events.tail import session_patterns
from shema_cli.store.glob import matches

IDS = st.text(st.sampled_from("ab*?[]^-\\:é"), min_size=1, max_size=6)


@given(IDS, IDS)
def test_a_session_is_followed_and_no_other(session: str, other: str) -> None:
    (pattern,) = session_patterns([session])
    assert matches(pattern, f"chat:session:{other}".encode()) is (session == other)


def test_all_sessions_when_none_is_named() -> None:
    assert session_patterns([]) == (b"chat:session:*",)
    assert session_patterns(["a", "chat:session:a"]) == (b"chat:session:a",)
