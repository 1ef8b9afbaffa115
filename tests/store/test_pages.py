"""Pages are bounded by what they hold."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from shema_cli.store.pages import LARGEST_PAGE, PAGE_BYTES, next_size


@settings(deadline=None)
@given(
    size=st.integers(1, LARGEST_PAGE),
    lengths=st.lists(st.integers(0, 2_000_000), max_size=4),
    most=st.integers(0, 2 * LARGEST_PAGE),
    most_bytes=st.integers(0, 2 * PAGE_BYTES),
)
def test_the_next_page_is_bounded(size: int, lengths: list[int], most: int, most_bytes: int) -> None:
    average = sum(lengths) // max(1, len(lengths))
    for sizes, entries, octets in (
        (next_size(size, lengths), LARGEST_PAGE, PAGE_BYTES),
        (next_size(size, lengths, most, most_bytes), most, most_bytes),
    ):
        assert 1 <= sizes <= min(4 * size, LARGEST_PAGE)
        assert sizes == 1 or (sizes <= entries and sizes * average <= min(octets, PAGE_BYTES))
