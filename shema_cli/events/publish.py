"""Publish one event: decided, published and audited in one step on the server, or not at all (contract 2.4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

import redis

from shema_cli.audit.chain import AUDIT_KEY, AUDIT_LUA, flat, seal
from shema_cli.audit.log import MAX_ATTEMPTS, contended
from shema_cli.errors import InvalidUsage, Refused
from shema_cli.events.envelope import Event
from shema_cli.events.models import Published
from shema_cli.inputs import read_given
from shema_cli.json_text import no_constant
from shema_cli.store.connection import redis_errors, translate
from shema_cli.store.listeners import DELIVER_LUA, Listeners, listeners, listeners_elsewhere

if TYPE_CHECKING:
    from shema_cli.context import AppContext

PROBE_KEY = "{shema}:publishing"

# KEYS: the audit stream, a key that is written and removed again. ARGV: head, channel, payload, listeners elsewhere,
# '1' to allow unheard, the entry's fields. The probe makes a server that takes no writes say so before anything is
# published; the audit entry itself cannot come first, because an entry taken back would count as one removed.
PUBLISH_LUA = f"""{AUDIT_LUA}{DELIVER_LUA}
local head = shema_audit_head(KEYS[1])
if head ~= ARGV[1] then return {{'moved', head}} end
if redis.acl_check_cmd and not redis.acl_check_cmd('XADD', KEYS[1], '*', 'at', '') then
  return redis.error_reply('NOPERM this user may not XADD to ' .. KEYS[1])
end
redis.call('SET', KEYS[2], '', 'PX', 1000)
redis.call('DEL', KEYS[2])
local services, err = shema_deliver(ARGV[2], ARGV[3], ARGV[4])
if not services then return {{'failed', err}} end
if services == 0 and ARGV[5] ~= '1' then return {{'unheard', '0'}} end
shema_audit(KEYS[1], ARGV[1], {{unpack(ARGV, 6)}})
return {{'published', tostring(services)}}
"""


def read_data(text: str | None, stdin: TextIO) -> dict[str, Any]:
    """The object in `--data`: JSON, `@FILE`, or `-` for stdin. Raises InvalidUsage for anything else."""
    if text is None:
        raise InvalidUsage("no_data", "--data is missing", "--data '{…}', --data @FILE or --data -")
    content = _text_from(text, stdin) if text == "-" or text.startswith("@") else text
    try:
        data = json.loads(content, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidUsage("bad_data", f"--data is not JSON: {error}", "check the quotes around it") from None
    if not isinstance(data, dict):
        raise InvalidUsage("bad_data", "--data is not a JSON object", 'write it as {"field": value, …}')
    return data


def dry_run(app: AppContext, event: Event) -> Published:
    """What publishing would do now; nothing is sent."""
    found = count_listeners(app, event.channel)
    return Published(event.channel, event.document, found.services, planned=True)


def publish(app: AppContext, event: Event, *, allow_unheard: bool) -> Published:
    """Publish `event` and audit it. Raises Refused when no service hears it, and what Redis raises, translated."""
    draft = app.audit.draft(action="publish", target=event.channel, event_id=event.event_id)
    with redis_errors(app.settings):
        receivers = _publish(app, event, draft, allow_unheard=allow_unheard)
    return Published(event.channel, event.document, receivers)


def count_listeners(app: AppContext, channel: str) -> Listeners:
    with redis_errors(app.settings):
        return listeners(app.redis, channel, key=AUDIT_KEY)


def _publish(app: AppContext, event: Event, draft: Mapping[str, str], *, allow_unheard: bool) -> int | None:
    script = app.redis.register_script(PUBLISH_LUA)
    elsewhere = listeners_elsewhere(app.redis, event.channel, AUDIT_KEY)
    head = app.audit.head()
    channel = event.channel.encode("utf-8", "surrogateescape")
    for attempt in range(MAX_ATTEMPTS):
        sealed = seal(draft, head)
        arguments: list[Any] = [head, channel, event.payload, elsewhere, int(allow_unheard), *flat(sealed)]
        try:
            outcome, value = script([AUDIT_KEY, PROBE_KEY], arguments)
        except (redis.ConnectionError, redis.TimeoutError):
            if app.audit.find(sealed):  # the answer was lost, the event was not
                return None
            raise
        if outcome != b"moved":
            return _receivers(outcome.decode(), value, event.channel)
        head = value.decode()
        app.audit.pause(attempt)
    raise contended()


def _receivers(outcome: str, value: bytes, channel: str) -> int:
    if outcome == "unheard":
        raise unheard(channel)
    if outcome == "failed":
        raise translate(redis.ResponseError(value.decode("utf-8", "replace")))
    return int(value)


def unheard(channel: str) -> Refused:
    return Refused(
        "unheard",
        f"no service listens to {channel}, and Pub/Sub keeps nothing: the event would be lost",
        "start the service that consumes it, or pass --allow-unheard",
    )


def _text_from(source: str, stdin: TextIO) -> str:
    try:
        return read_given(source, stdin, flag="--data").decode()
    except UnicodeDecodeError as error:
        raise InvalidUsage("bad_data", f"--data is not UTF-8: {error}", "save it as UTF-8") from None
