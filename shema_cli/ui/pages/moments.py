"""Moments in a column: local, with their offset in its head."""

from __future__ import annotations

from datetime import datetime

from shema_cli.ui.listing import Cell, Column

TIME, DAY_AND_TIME = "%H:%M:%S", "%d %b %H:%M:%S"


def column(title: str, form: str, now: datetime) -> Column:
    """`TIME +07:00`"""
    offset = now.astimezone().strftime("%z")
    head = f"{title} {offset[:3]}:{offset[3:]}"
    return Column(head, max(len(head), len(now.strftime(form))))


def cell(moment: datetime | None, form: str) -> Cell:
    """The moment as this machine's clock shows it."""
    if moment is None:
        return Cell("-", rank=0.0)
    try:
        return Cell(moment.astimezone().strftime(form), rank=moment.timestamp())
    except (ValueError, OverflowError):  # a year that no calendar here has
        return Cell("-", rank=0.0)
