"""Text in so many columns: what is cut says so, and what matters most is cut last."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from shema_cli.output.sanitize import bounded, safe_line

LONGEST = 400
"""Characters of a text that are looked at: more than any line here shows."""
BETWEEN = " · "
DEEPER = " › "
CUT = "…"


def cut(text: str, width: int) -> str:
    """`text` on one line of at most so many columns, whatever is in it; one that is cut ends in `…`."""
    safe = safe_line(bounded(text, LONGEST))
    if cell_len(safe) <= width:
        return safe
    return set_cell_size(safe, width - 1).rstrip() + CUT if width > 1 else CUT[:width]


def filled(text: str, width: int, *, right: bool = False) -> str:
    """The same in exactly so many columns."""
    shown = cut(text, width)
    room = " " * (width - cell_len(shown))
    return room + shown if right else shown + room


def shared(texts: Sequence[str], width: int) -> list[str]:
    """Several texts in so many columns together: the short ones whole, the long ones as long as each other."""
    left, shares = width, [0] * len(texts)
    by_length = sorted(range(len(texts)), key=lambda number: cell_len(safe_line(texts[number])))
    for done, number in enumerate(by_length):
        shares[number] = min(cell_len(safe_line(texts[number])), max(1, left // (len(texts) - done)))
        left -= shares[number]
    return [cut(text, share) for text, share in zip(texts, shares, strict=True)]


def trail(names: Sequence[str], width: int) -> str:
    """Where this is: of a long way the end, which is where one is."""
    whole = DEEPER.join(names)
    for first in range(1, len(names)):
        if cell_len(safe_line(whole)) <= width:
            break
        whole = DEEPER.join([CUT, *names[first:]])
    return cut(whole, width)


def beside(head: str, said: str, told: str, width: int, *, told_first: bool) -> tuple[str, str]:
    """What is said of something, and how old it is, in what is left beside its head. `told_first`: it is older than it
    should be, and why matters more than what was said."""
    room = width - cell_len(head) - len(BETWEEN) * sum(map(bool, (said, told)))
    least = 0 if told_first else min(cell_len(safe_line(said)), max(0, room // 3))
    shown = cut(told, room - least) if told else ""
    left = room - cell_len(shown)
    return cut(said, left) if said and left > 1 else "", shown
