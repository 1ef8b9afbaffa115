"""`shema api`"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from shema_cli.api.call import ApiCall, parse_call
from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.exit_codes import ExitCode

group = new_group("api")


def _call(arguments: Mapping[str, Any]) -> ApiCall:
    data = arguments["data"] is not None
    return parse_call(
        arguments["service"], arguments["path"], arguments["method"], arguments["header"] or (), has_data=data
    )


def _access(arguments: Mapping[str, Any]) -> Access:
    """Also the place where a call that cannot be made is refused before anything goes over the network."""
    return Access.CHANGE if _call(arguments).changes else Access.READ


@command(group, "api", access=_access)
async def api(
    app: AppContext,
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="The service to call.")],
    path: Annotated[str, typer.Argument(metavar="PATH", help="A path on that service, with its query.")],
    method: Annotated[str | None, typer.Option("-X", "--method", help="GET; POST when there is a body.")] = None,
    data: Annotated[str | None, typer.Option("-d", "--data", metavar="JSON|@FILE|-", help="The body.")] = None,
    header: Annotated[
        list[str] | None, typer.Option("-H", "--header", metavar="NAME: VALUE", help="One more header.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent, and send nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a change.")] = False,
) -> ExitCode:
    """Make an authenticated call to a service and print its answer as it came."""
    from shema_cli.api.call import read_body
    from shema_cli.api.run import ApiCaller, question, show, show_plan

    call = _call({"service": service, "path": path, "method": method, "data": data, "header": header})
    body = read_body(data, app.output.streams.stdin, must_be_json=call.takes_json)
    if dry_run:
        return show_plan(app.output, call, body)
    if call.changes:
        app.confirm(question(call, body), yes=yes)
    caller = ApiCaller(app.services, lambda: app.journal, app.clock)
    return show(app.output, await caller.make(call, body))
