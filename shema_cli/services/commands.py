"""`shema services …`"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import SERVICES, Argument, DryRun, Option, Yes
from shema_cli.context import AppContext
from shema_cli.errors import InvalidUsage
from shema_cli.results import Result

if TYPE_CHECKING:
    from shema_cli.services import views
    from shema_cli.services.register import Registrar
    from shema_cli.services.results import HealthReport, ServiceList
else:
    views = Later("shema_cli.services.views")

WATCH_EVERY = "2"

group = new_group("services", see_also=("doctor", "api"))

Name = Annotated[str, Argument("NAME", completes=SERVICES, help="The service, such as user or course.")]
Url = Annotated[str, Argument("URL", help="The base URL of the instance.")]


@command(
    group,
    "list",
    access=Access.READ,
    view=views.listing,
    examples=(
        Example("Where everything is", "shema services list"),
        Example(
            "What is not configured",
            "shema services list --json | jq '.services[] | select(.configured | not)'",
            needs="jq",
        ),
    ),
    see_also=("services health", "config show"),
)
async def list_services(app: AppContext) -> ServiceList:
    """List the services, where their instances are, and what is not configured."""
    from shema_cli.calls.discovery import open_discovery
    from shema_cli.services.results import ServiceList

    known = await open_discovery(app.settings, lambda: app.store, app.clock, app.output.warn).known()
    if known.error and not known.instances:
        raise known.error
    if known.error:
        app.output.warn(f"{known.error.message.rstrip('.')}: services that are only registered are not in this list")
    return ServiceList(known.instances, app.clock.now(), known.error)


@command(
    group,
    "health",
    access=Access.READ,
    view=views.health,
    examples=(
        Example("All of them", "shema services health"),
        Example("Keep looking at one, every ten seconds", "shema services health course --watch 10", needs="endless"),
        Example("Wait until two are up, for a deployment", "shema services health course chat --wait 60"),
    ),
    exits={0: "all are healthy", 1: "some instance is not healthy"},
    see_also=("services list", "doctor"),
)
async def health(
    app: AppContext,
    names: Annotated[list[str] | None, Argument("[NAME]...", completes=SERVICES, help="Only these services.")] = None,
    watch: Annotated[
        str | None,
        Option(
            "--watch",
            value="[SECONDS]",
            bare=WATCH_EVERY,
            help=f"Look every SECONDS ({WATCH_EVERY} when not given) until interrupted.",
        ),
    ] = None,
    wait: Annotated[
        str | None,
        Option("--wait", value="SECONDS", help="Wait at most this long until all are healthy."),
    ] = None,
) -> HealthReport:
    """Check every instance of every service. Exits 0 only when all are healthy."""
    from shema_cli.clock import parse_interval
    from shema_cli.services.health import HealthLook

    look = HealthLook(app.services, app.clock, app.output.warn)
    if watch is None:
        return await look.once(names or [], wait)
    if wait is not None:
        raise InvalidUsage("usage", "--watch and --wait exclude each other", "use one of them")
    every_s = parse_interval(watch, "--watch")
    with _shown(app) as show:
        return await look.again_and_again(names or [], every_s, show, app.still_admin)


@command(
    group,
    "resolve",
    access=Access.READ,
    examples=(
        Example("Where the next call goes", "shema services resolve course"),
        Example("For another program", "curl -s $(shema services resolve chat --json | jq -r .url)/health", needs="jq"),
    ),
    see_also=("services list", "api"),
)
async def resolve(app: AppContext, name: Name) -> Result:
    """Print the instance that the next call to a service goes to."""
    from shema_cli.calls.discovery import plain_name
    from shema_cli.services.results import ResolvedInstance

    async with app.services() as client:
        return ResolvedInstance(await client.choose(plain_name(name)))


@command(
    group,
    "reset",
    access=Access.READ,
    examples=(Example("A service is well again, and its circuit still open", "shema services reset user"),),
    see_also=("services health", "api"),
)
async def reset(app: AppContext, name: Name) -> Result:
    """Close the circuits of a service, so that the next call goes out at once."""
    from shema_cli.services.reset import reset as close

    async with app.services() as client:
        return await close(client, name)


@command(
    group,
    "register",
    access=Access.CHANGE,
    examples=(
        Example(
            "Add an instance for ten minutes",
            "shema services register course http://127.0.0.1:3013 --ttl 600 --yes",
        ),
        Example(
            "Say what it listens to, so that it is missed when it does not",
            "shema services register course http://127.0.0.1:3013 --listens enrollment.approved --yes",
        ),
        Example("See what would be written", "shema services register course http://127.0.0.1:3013 --dry-run"),
    ),
    see_also=("services deregister", "services list"),
)
def register(
    app: AppContext,
    name: Name,
    url: Url,
    health_path: Annotated[str, Option("--health", value="PATH", help="Its health check.")] = "/health",
    ttl: Annotated[str | None, Option("--ttl", value="SECONDS", help="Expire after this long unless renewed.")] = None,
    listens: Annotated[
        list[str] | None,
        Option("--listens", value="CHANNEL", help="A channel or pattern that it listens to; repeatable."),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> Result:
    """Register an instance in Redis, or renew its registration."""
    from shema_cli.clock import parse_optional_duration

    registrar = _registrar(app)
    ttl_s = parse_optional_duration(ttl or None, "--ttl")
    plan = registrar.plan_registration(name, url, health_path, ttl_s, listens or ())
    if dry_run:
        return plan.as_result()
    app.person.confirm(registrar.question(plan), yes=yes)
    return registrar.register(plan)


@command(
    group,
    "deregister",
    access=Access.CHANGE,
    examples=(
        Example(
            "Take an instance out",
            "shema services register chat http://127.0.0.1:3015 --yes && "
            "shema services deregister chat http://127.0.0.1:3015 --yes",
        ),
    ),
    exits={1: "it was not registered"},
    see_also=("services register", "services list"),
)
def deregister(app: AppContext, name: Name, url: Url, dry_run: DryRun = False, yes: Yes = False) -> Result:
    """Remove an instance's registration from Redis."""
    registrar = _registrar(app)
    plan = registrar.plan_removal(name, url)
    if dry_run:
        return plan.as_result()
    app.person.confirm(registrar.question(plan), yes=yes)
    return registrar.deregister(plan)


def _registrar(app: AppContext) -> Registrar:
    from shema_cli.services.register import Registrar

    return Registrar(app.settings, app.store, app.clock, app.journal)


@contextlib.contextmanager
def _shown(app: AppContext) -> Iterator[Callable[[HealthReport], None]]:
    """In place on a terminal; one line after the other into a pipe."""
    from shema_cli.output.sink import Format

    output = app.output
    streams = output.streams
    if output.format is not Format.TABLE or not streams.animates(streams.stdout):
        yield output.record
        return
    from shema_cli.services.views import in_place

    with in_place(output.console(streams.stdout), lambda: streams.width, output.diverted) as show:
        yield show
