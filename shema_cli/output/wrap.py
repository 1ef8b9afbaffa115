"""Text of our own in lines of a terminal, broken between words."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size


def wrapped(told: str, room: int, most: int) -> list[str]:
    """In at most `most` lines of `room` columns; what does not fit ends in an ellipsis."""
    lines: list[str] = []
    words = told.split(" ")
    while words and len(lines) < most:
        line = words.pop(0)
        while words and cell_len(f"{line} {words[0]}") <= room:
            line += f" {words.pop(0)}"
        if cell_len(line) > room:
            head = set_cell_size(line, room)
            words.insert(0, line[len(head) :])
            line = head
        lines.append(line)
    if words and lines:
        lines[-1] = f"{set_cell_size(lines[-1], room - 1).rstrip()}…"
    return lines
