"""`shema config …`"""

from __future__ import annotations

from shema_cli.cli import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.results import Fields, Result

group = new_group("config")


@command(group, "path", access=Access.OPEN)
def path(app: AppContext) -> Result:
    """Print where config.toml is looked for."""
    return Fields({"config": str(app.settings.config_path), "state": str(app.settings.state_path)})
