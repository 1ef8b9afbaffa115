"""Text as it comes from outside, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

# Among all characters too few are surrogates or controls to be drawn by chance.
ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.text(
    st.sampled_from("ab\n\t\x00\x1b\x7f\x9b\u200f\u202e\u2028\ufeff\ud800\udbff\udc80\udcff\udfff\U000e0041\U0001f3b5")
)
