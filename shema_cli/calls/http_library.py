"""The one place that imports httpx, so that it can be exchanged, and starts fast."""

from __future__ import annotations

import sys

# `import httpx` also loads its own command line (click, rich, pygments), which costs as much as the rest of it.
# None makes that one import fail, which httpx provides for.
_had = "httpx._main" in sys.modules
if not _had:
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
import httpx  # noqa: E402

if not _had:
    del sys.modules["httpx._main"]

__all__ = ["httpx"]
