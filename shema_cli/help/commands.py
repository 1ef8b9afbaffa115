"""`shema help [TOPIC]`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import Argument, words
from shema_cli.context import AppContext
from shema_cli.results import Result

if TYPE_CHECKING:
    from shema_cli.help import views
else:
    views = Later("shema_cli.help.views")

group = new_group("help")


def _topics() -> str:
    from shema_cli.app import TREE
    from shema_cli.help.topics import TOPICS

    return words(*TOPICS, *TREE)


@command(
    group,
    "help",
    access=Access.OPEN,
    view=views.topic,
    any_profile=True,
    examples=(
        Example("What there is", "shema help"),
        Example("What the exit codes mean", "shema help exit-codes"),
        Example("A command's help", "shema help dlq replay"),
    ),
    exits={1: "there is no such topic or command"},
)
def help_(
    app: AppContext,
    topic: Annotated[
        list[str] | None,
        Argument(
            "[TOPIC]...",
            completes=_topics,
            help="exit-codes, output, environment, profiles, events, or a command.",
        ),
    ] = None,
) -> Result:
    """Read about exit codes, output, settings, profiles or events, or a command's help."""
    from shema_cli.help.topics import read

    return read(" ".join(topic or ()))
