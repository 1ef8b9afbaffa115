"""How many there are, in words."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """`1 service`, `1,200 services`; `many` where an s does not make the plural."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
