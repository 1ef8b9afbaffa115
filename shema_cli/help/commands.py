"""`shema help [TOPIC]`, `shema help json [COMMAND]`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import Argument
from shema_cli.context import AppContext
from shema_cli.results import Result

if TYPE_CHECKING:
    from shema_cli.help import views
else:
    views = Later("shema_cli.help.views")

group = new_group("help")


@command(
    group,
    "help",
    access=Access.OPEN,
    view=views.topic,
    any_profile=True,
    any_words=True,
    examples=(
        Example("What there is", "shema help"),
        Example("What the exit codes mean", "shema help exit-codes"),
        Example("A command's help", "shema help dlq replay"),
        Example("The JSON Schema of what it prints", "shema help json dlq replay"),
        Example("Of one of its calls alone", "shema help json dlq replay --dry-run"),
    ),
    exits={1: "there is no such topic or command", 2: "the command line is wrong, or a command prints no JSON"},
)
def help_(
    app: AppContext,
    topic: Annotated[
        list[str] | None,
        Argument(
            "[TOPIC]...",
            help="exit-codes, output, environment, profiles, events, a command, or json and a command.",
        ),
    ] = None,
) -> Result | None:
    """Read about exit codes, output, settings, profiles or events, a command's help, or the schema of its JSON."""
    from shema_cli.help.topics import JSON, read

    first, *rest = topic or [""]
    if first != JSON:
        return read(topic or [])
    from shema_cli.help import json_schemas
    from shema_cli.output.sanitize import safe_json

    if not rest:
        return json_schemas.Documents()
    app.output.write(safe_json(json_schemas.schema(" ".join(rest)), indent=2) + "\n")
    return None
