"""Redis: where it is, how it is spoken to, and what must hold in one step of the server."""

from shema_cli.store.library import load_lightly

load_lightly()
