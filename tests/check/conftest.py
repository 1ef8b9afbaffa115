from __future__ import annotations

from tests.status.conftest import school

__all__ = ["school"]
