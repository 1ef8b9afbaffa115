"""How a conversation looks on a terminal: time, session, name and role, what was said."""

from __future__ import annotations

from shema_cli.events.views import chat_lines as lines

__all__ = ["lines"]
