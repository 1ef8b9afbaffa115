"""The options by which dead letters are chosen, and those of everything that publishes again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, NamedTuple

from shema_cli.cli.options import (
    CHANNELS,
    FINGERPRINTS,
    WHICH,
    AllowUnheard,
    Canary,
    OldestFirst,
    Option,
    Rate,
    RequireListeners,
    Since,
    Until,
    Verify,
    Where,
)

if TYPE_CHECKING:
    from shema_cli.clock import Clock
    from shema_cli.dlq.letters.selection import Filters
    from shema_cli.dlq.run.republish import RepublishOptions
    from shema_cli.dlq.run.store import DeadLetters
    from shema_cli.output.person import Person


class LetterFilters(NamedTuple):
    """What dead letters must be like, as it was typed."""

    types: Annotated[
        list[str] | None,
        Option(
            "--type",
            value="TYPE",
            heading=WHICH,
            completes=CHANNELS,
            help="Event type or channel; * matches any text.",
        ),
    ] = None
    error: Annotated[
        str | None, Option("--error", value="TEXT", heading=WHICH, help="Text that the error contains.")
    ] = None
    fingerprint: Annotated[
        str | None,
        Option(
            "--fingerprint",
            value="F",
            heading=WHICH,
            completes=FINGERPRINTS,
            help="A family of errors (shema dlq stats).",
        ),
    ] = None
    since: Since = None
    until: Until = None
    where: Where = None
    invalid: Annotated[bool, Option("--invalid", heading=WHICH, help="Only entries that cannot be replayed.")] = False

    def parsed(self, store: Callable[[], DeadLetters], clock: Clock, person: Person) -> Filters:
        """Warns of a type that is in no catalogue. Raises InvalidUsage for a time that is none, and for the first
        digits of several fingerprints."""
        from shema_cli.clock import parse_optional_moment
        from shema_cli.dlq.letters.selection import Filters
        from shema_cli.events.types import unknown_types
        from shema_cli.events.where import Condition

        now = clock.now()
        for unknown in unknown_types(self.types or ()):
            person.warn(unknown)
        filters = Filters(
            types=tuple(self.types or ()),
            error=self.error,
            fingerprint=self.fingerprint,
            since=parse_optional_moment(self.since, "--since", now),
            until=parse_optional_moment(self.until, "--until", now),
            invalid=self.invalid,
            wheres=tuple(map(Condition.typed, self.where or ())),
        )
        return filters.whole(store()) if filters.fingerprint else filters


class Republishing(NamedTuple):
    """How to publish again, as it was typed."""

    limit: OldestFirst = None
    rate: Rate = None
    canary: Canary = None
    verify: Verify = None
    allow_unheard: AllowUnheard = False
    require_listeners: RequireListeners = False

    def options(self, *, force: bool, dry_run: bool) -> RepublishOptions:
        """Raises InvalidUsage for a rate or a duration that is none."""
        from shema_cli.clock import parse_optional_duration
        from shema_cli.dlq.run.republish import RepublishOptions

        return RepublishOptions(
            rate=self.rate,
            limit=self.limit,
            force=force,
            canary=self.canary,
            verify_s=parse_optional_duration(self.verify, "--verify"),
            allow_unheard=self.allow_unheard,
            require_listeners=self.require_listeners,
            dry_run=dry_run,
        )
