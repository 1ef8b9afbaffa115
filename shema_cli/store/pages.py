"""How much is read at once of what has entries of any size."""

from __future__ import annotations

from collections.abc import Sequence

FIRST_PAGE = 16
LARGEST_PAGE = 1000
"""Entries."""
PAGE_BYTES = 1_000_000
LARGEST_CUT_PAGE = 4000
"""Entries of a page that the server itself cuts after `PAGE_BYTES`: reading so many takes it about three
milliseconds."""


def next_size(size: int, lengths: Sequence[int], most: int = LARGEST_PAGE, most_bytes: int = PAGE_BYTES) -> int:
    """How many entries the page has that follows one of `size`, with entries of these lengths (bytes).

    As many as make about a megabyte, at most 1,000, at most four times the last; no more than `most` or `most_bytes`
    where so little is left to be read.
    """
    average = max(1, sum(lengths) // max(1, len(lengths)))
    return max(1, min(4 * size, LARGEST_PAGE, most, min(PAGE_BYTES, most_bytes) // average))
