"""`shema api`"""

from __future__ import annotations

from typing import Annotated

from shema_cli.api.call import ApiCall, parse_call
from shema_cli.cli.declare import Access, Example, command, new_group
from shema_cli.cli.options import SERVICES, Argument, DryRun, Option, Values, Yes, words
from shema_cli.context import AppContext
from shema_cli.errors import ExitCode

group = new_group("api")
METHODS = words("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def _call(arguments: Values) -> ApiCall:
    data = arguments["data"] is not None
    return parse_call(
        arguments["service"], arguments["path"], arguments["method"], arguments["header"] or (), has_data=data
    )


def _access(arguments: Values) -> Access:
    """Also the place where a call that cannot be made is refused before anything goes over the network."""
    return Access.CHANGE if _call(arguments).changes else Access.READ


@command(
    group,
    "api",
    access=_access,
    examples=(
        Example("Read something", "shema api course /api/courses/crs-08/capacity"),
        Example("With a query", "shema api enrollment '/api/enrollments?status=pending&limit=2'"),
        Example("See what a change would send", "shema api user /api/users/stu-0001 -X DELETE --dry-run"),
    ),
    exits={1: "the service answered 4xx or 5xx", 2: "the command line is wrong, or the path leads elsewhere"},
    see_also=("services resolve", "tokens issue"),
)
async def api(
    app: AppContext,
    service: Annotated[str, Argument("SERVICE", completes=SERVICES, help="The service to call.")],
    path: Annotated[str, Argument("PATH", help="A path on that service, with its query.")],
    method: Annotated[
        str | None, Option("-X", "--method", value="METHOD", completes=METHODS, help="GET; POST when there is a body.")
    ] = None,
    data: Annotated[str | None, Option("-d", "--data", value="JSON|@FILE|-", help="The body.")] = None,
    header: Annotated[list[str] | None, Option("-H", "--header", value="NAME: VALUE", help="One more header.")] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> ExitCode:
    """Make an authenticated call to a service and print its answer as it came."""
    from shema_cli.api.call import read_body
    from shema_cli.api.run import ApiCaller, question, show, show_plan

    call = _call({"service": service, "path": path, "method": method, "data": data, "header": header})
    body = read_body(data, app.output.streams.stdin, must_be_json=call.takes_json)
    if dry_run:
        return show_plan(app.output, call, body)
    if call.changes:
        app.person.confirm(question(call, body), yes=yes)
    caller = ApiCaller(app.services, lambda: app.journal, app.clock, app.output.warn)
    return show(app.output, await caller.make(call, body))
