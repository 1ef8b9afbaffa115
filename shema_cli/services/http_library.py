"""The one place that imports httpx, so that it can be exchanged, and starts fast."""

from __future__ import annotations

import sys
from importlib.util import find_spec

# `import httpx` also loads its own command line (click, rich, pygments), which costs as much as the rest of it.
# None makes that one import fail, which httpx provides for.
_had = "httpx._main" in sys.modules
if not _had:
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
import httpx  # noqa: E402

if not _had:
    del sys.modules["httpx._main"]

# httpcore imports sniffio several times for each request, and looks through the whole of sys.path when it is not there.
if "sniffio" not in sys.modules and find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]

__all__ = ["httpx"]
