"""`shema services …`"""

from __future__ import annotations

from typing import Annotated

import typer

from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.results import Result

group = new_group("services")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The service, such as user or course.")]
Url = Annotated[str, typer.Argument(metavar="URL", help="The base URL of the instance.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@command(group, "list", access=Access.READ, view="listing")
async def list_services(app: AppContext) -> Result:
    """List the services, where their instances are, and what is not configured."""
    from shema_cli.calls.discovery import open_discovery
    from shema_cli.services.models import ServiceList

    known = await open_discovery(app.settings, lambda: app.store.client, app.clock, app.output.warn).known()
    if known.error and not known.instances:
        raise known.error
    if known.error:
        app.output.warn(f"{known.error.message.rstrip('.')}: services that are only registered are not in this list")
    return ServiceList(known.instances, app.clock.now(), known.error)


@command(group, "health", access=Access.READ, view="health")
async def health(
    app: AppContext,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Only these services.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Look every two seconds until interrupted.")] = False,
    wait: Annotated[
        str | None, typer.Option("--wait", metavar="SECONDS", help="Wait at most this long until all are healthy.")
    ] = None,
) -> Result:
    """Check every instance of every service. Exits 0 only when all are healthy."""
    from shema_cli.services.watching import look, look_again_and_again

    if watch:
        await look_again_and_again(app, names or [], wait)
    return await look(app, names or [], wait)


@command(group, "resolve", access=Access.READ)
async def resolve(app: AppContext, name: Name) -> Result:
    """Print the instance that the next call to a service goes to."""
    from shema_cli.calls.discovery import plain_name
    from shema_cli.services.models import Resolved

    async with app.services() as client:
        return Resolved(await client.choose(plain_name(name)))


@command(group, "register", access=Access.CHANGE)
def register(
    app: AppContext,
    name: Name,
    url: Url,
    health_path: Annotated[str, typer.Option("--health", metavar="PATH", help="Its health check.")] = "/health",
    ttl: Annotated[
        str | None, typer.Option("--ttl", metavar="SECONDS", help="Expire after this long unless renewed.")
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> Result:
    """Register an instance in Redis, or renew its registration."""
    from shema_cli.durations import parse_duration
    from shema_cli.services.models import RegistryChange
    from shema_cli.services.registering import Registrar

    registrar = Registrar(app)
    plan = registrar.plan_registration(name, url, health_path, parse_duration(ttl, "--ttl") if ttl else None)
    if dry_run:
        return RegistryChange(plan.name, plan.url, "planned", plan.health_path, plan.ttl_s)
    app.confirm(registrar.question(plan, removal=False), yes=yes)
    return registrar.register(plan)


@command(group, "deregister", access=Access.CHANGE)
def deregister(app: AppContext, name: Name, url: Url, dry_run: DryRun = False, yes: Yes = False) -> Result:
    """Remove an instance's registration from Redis."""
    from shema_cli.services.models import RegistryChange
    from shema_cli.services.registering import Registrar

    registrar = Registrar(app)
    plan = registrar.plan_removal(name, url)
    if dry_run:
        return RegistryChange(plan.name, plan.url, "planned")
    app.confirm(registrar.question(plan, removal=True), yes=yes)
    return registrar.deregister(plan)
