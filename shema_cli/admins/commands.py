"""`shema admins …`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import SAFETY, Argument, DryRun, Option, Reason, Yes
from shema_cli.context import AppContext
from shema_cli.results import Result

if TYPE_CHECKING:
    from shema_cli.admins import views
    from shema_cli.admins.change import Administration
    from shema_cli.admins.results import Admins
else:
    views = Later("shema_cli.admins.views")

group = new_group("admins", see_also=("auth status", "audit list"))

Email = Annotated[str, Argument("EMAIL", help="The account's email.")]


@command(
    group,
    "list",
    access=Access.READ,
    view=views.listing,
    examples=(
        Example("Who may do all this", "shema admins list"),
        Example("For a review", "shema admins list -o csv"),
    ),
    see_also=("admins grant", "admins revoke"),
)
def list_admins(app: AppContext) -> Admins:
    """List who is an admin."""
    from shema_cli.admins.change import list_admins
    from shema_cli.auth.project import Realm

    return list_admins(Realm.from_settings(app.settings, app.state, app.clock))


@command(
    group,
    "grant",
    access=Access.CHANGE,
    examples=(
        Example("See what would change", "shema admins grant student@shema.test --dry-run"),
        Example("Make someone an admin", "shema admins grant student@shema.test --reason 'new office' --yes"),
    ),
    see_also=("admins list", "admins revoke", "audit list"),
)
def grant(app: AppContext, email: Email, reason: Reason = "", dry_run: DryRun = False, yes: Yes = False) -> Result:
    """Make an account an admin."""
    from shema_cli.admins.change import Mode

    return _administration(app).grant(email, Mode(dry_run, yes, reason=reason))


@command(
    group,
    "revoke",
    access=Access.CHANGE,
    examples=(
        Example("See what would change", "shema admins revoke student@shema.test --dry-run"),
        Example(
            "Give the rights, and take them again",
            "shema admins grant student@shema.test --yes && shema admins revoke student@shema.test --yes",
        ),
    ),
    see_also=("admins list", "admins grant", "audit list"),
)
def revoke(
    app: AppContext,
    email: Email,
    reason: Reason = "",
    force: Annotated[bool, Option("--force", heading=SAFETY, help="Also the last admin, also yourself.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> Result:
    """Take an account's admin rights."""
    from shema_cli.admins.change import Mode

    return _administration(app).revoke(email, Mode(dry_run, yes, force, reason))


def _administration(app: AppContext) -> Administration:
    from shema_cli.admins.change import Administration
    from shema_cli.auth.project import Realm

    assert app.admin
    realm = Realm.from_settings(app.settings, app.state, app.clock)
    return Administration(realm, app.person, app.store, app.journal, app.admin.uid)
