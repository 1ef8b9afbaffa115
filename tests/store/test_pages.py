"""Pages are bounded by what they hold."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from shema_cli.store.pages import LARGEST_PAGE, PAGE_BYTES, next_size


@settings(deadline=None)
@given(size=st.integers(1, LARGEST_PAGE), lengths=st.lists(st.integers(0, 2_000_000), max_size=4))
def test_the_next_page_is_bounded(size: int, lengths: list[int]) -> None:
    sizes = next_size(size, lengths)
    assert 1 <= sizes <= min(4 * size, LARGEST_PAGE)
    average = sum(lengths) // max(1, len(lengths))
    assert sizes == 1 or sizes * average <= PAGE_BYTES
