"""Publish one event: decided, published and audited in one step on the server, or not at all (contract 2.4)."""

from __future__ import annotations

from typing import TextIO

from shema_cli.calls.audience import audience
from shema_cli.errors import InvalidUsage, Refused
from shema_cli.events.envelope import Event
from shema_cli.events.results import Published
from shema_cli.frozen import dataclass
from shema_cli.inputs import read_given, without_mark
from shema_cli.json_text import loads
from shema_cli.shell import to_type
from shema_cli.store import keys
from shema_cli.store.commit import Change
from shema_cli.store.connection import Store
from shema_cli.store.errors import refused
from shema_cli.store.journal import Journal
from shema_cli.store.listeners import Listeners
from shema_cli.store.refusals import Asked
from shema_cli.store.scripts import script


@dataclass(frozen=True)
class ListenerGuard:
    """Whether an event goes out that nobody hears, or that not all hear who have declared its channel."""

    allow_unheard: bool = False
    require_listeners: bool = False


def read_data(text: str | None, stdin: TextIO) -> dict[str, object]:
    """The object in `--data`: JSON, `@FILE`, or `-` for stdin; its numbers in their own digits.

    Raises InvalidUsage for anything else.
    """
    if text is None:
        raise InvalidUsage("no_data", "--data is missing", "--data '{…}', --data @FILE or --data -")
    content = _text_from(text, stdin) if text == "-" or text.startswith("@") else text
    try:
        data = loads(content)
    except ValueError as error:
        raise InvalidUsage("bad_data", f"--data is not JSON: {error}", "check the quotes around it") from None
    if not isinstance(data, dict):
        raise InvalidUsage("bad_data", "--data is not a JSON object", 'write it as {"field": value, …}')
    return data


def dry_run(store: Store, event: Event, guard: ListenerGuard) -> Published:
    """What publishing would do now; nothing is sent. Raises Refused where that would be refused: nobody can hear it, or
    a service that is required is missing."""
    found = _listening(store, event.channel, guard)
    if found.unheard and not guard.allow_unheard:
        raise unheard(event.channel)
    return Published(event.channel, event.document, found.services, found, planned=True)


def _listening(store: Store, channel: str, guard: ListenerGuard) -> Listeners:
    """Who listens now. Raises Refused where a service that has declared the channel is missing and required."""
    found = audience(store, [channel], keys.AUDIT)[channel]
    if guard.require_listeners and (why := found.unmet()):
        raise unmet(channel, why)
    return found


def publish(store: Store, journal: Journal, event: Event, guard: ListenerGuard) -> Published:
    """Publish `event` and audit it.

    Raises Refused when no service hears it, or one that has declared the channel is missing and required; and what
    Redis raises, translated.
    """
    listening = _listening(store, event.channel, guard)
    channel = event.channel.encode("utf-8", "surrogateescape")
    change = Change(
        script("publish"),
        journal.draft(action="publish", target=event.channel, event_id=event.event_id),
        arguments=[channel, event.payload, listening.elsewhere, int(guard.allow_unheard)],
        channel=event.channel,
        missing=listening.audited_missing(),
        what=f"publishing {event.event_id}",
        done="published",
        hint=f"when Redis is back: {to_type('shema trace', event.event_id)} tells whether it went out",
    )
    done = journal.carry_out(change)
    if done.word == "unheard":
        raise unheard(event.channel)
    if done.word == "failed":
        raise refused(done.told[0], Asked("PUBLISH", (keys.TAILS,), (event.channel,), change.script))
    return Published(event.channel, event.document, done.number, listening.heard_by(done.number))


def unmet(channel: str, why: str) -> Refused:
    message = f"{why}, and --require-listeners wants every service that has declared {channel}: nothing was published"
    return Refused("unheard", message, "start the service, or leave --require-listeners out")


def unheard(channel: str) -> Refused:
    return Refused(
        "unheard",
        f"no service listens to {channel}, and Pub/Sub keeps nothing: the event would be lost",
        "start the service that consumes it, or pass --allow-unheard",
    )


def _text_from(source: str, stdin: TextIO) -> str:
    try:
        return without_mark(read_given(source, stdin, flag="--data")).decode()
    except UnicodeDecodeError as error:
        raise InvalidUsage("bad_data", f"--data is not UTF-8: {error}", "save it as UTF-8") from None
