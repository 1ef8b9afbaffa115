"""How wide each arrangement of the screen is, in columns."""

from __future__ import annotations

from shema_cli.dashboard.models import Live

WIDE = 108  # from here on the five numbers stand side by side
MEDIUM = 64  # from here on in two rows; below, one under the other
MARGIN = 2
IN_TWO_ROWS = 3
IDLE = Live()
"""What a single look knows of a watch: nothing."""


def tile_columns(width: int) -> int:
    return 5 if width >= WIDE - MARGIN else IN_TWO_ROWS if width >= MEDIUM - MARGIN else 1
