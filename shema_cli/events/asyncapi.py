"""The catalogue as an AsyncAPI 3.0 document: what services' generators and viewers read (contract 1.3).

It is made of the schemas that `events schema` prints. Redis has bindings in name alone: the specification reserves
them, and they must be empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shema_cli.events.catalogue import CATALOGUE, CHAT_CHANNEL, model_for, schema
from shema_cli.events.envelope import CHAT_PREFIX, READABLE_VERSIONS, event_type_of

VERSION = "3.0.0"
CHAT_ADDRESS = f"{CHAT_PREFIX}{{sessionId}}"
CHAT_KEY, CHAT_MESSAGE = "chat.session", "NEW_MESSAGE"
_ABOUT = (
    "What is published in the Shema Music system. Redis Pub/Sub keeps nothing: what nobody listens to is lost. "
    "An event that a service could not handle three times is pushed to the list events:dead_letter."
)
_REDIS: Mapping[str, object] = {"redis": {}}
_ACTIONS = ("send", "receive")

Part = dict[str, object]


def asyncapi(channel: str | None = None) -> Part:
    """The document of all channels, or of one. Raises InvalidUsage for a channel that is none."""
    addresses = [*CATALOGUE, CHAT_ADDRESS] if channel is None else [_address(channel)]
    return {
        "asyncapi": VERSION,
        "id": "urn:shema-music:events",
        "info": {"title": "Shema Music events", "version": READABLE_VERSIONS[-1], "description": _ABOUT},
        "defaultContentType": "application/json",
        "servers": {"redis": _server()},
        "channels": {_key(address): _channel(address) for address in addresses},
        "operations": dict(_operations(addresses)),
        "components": {"messages": {_message_name(address): _message(address) for address in addresses}},
    }


def _address(channel: str) -> str:
    model_for(channel)
    return CHAT_ADDRESS if channel.startswith(CHAT_PREFIX) else channel


def _key(address: str) -> str:
    return CHAT_KEY if address == CHAT_ADDRESS else address


def _message_name(address: str) -> str:
    return CHAT_MESSAGE if address == CHAT_ADDRESS else event_type_of(address)


def _server() -> Part:
    where = {"default": "localhost:6379", "description": "Where Redis is: the setting REDIS_URL."}
    return {"host": "{redis}", "protocol": "redis", "variables": {"redis": where}, "bindings": _REDIS}


def _channel(address: str) -> Part:
    name = _message_name(address)
    session = {"description": "The conversation.", "location": "$message.payload#/sessionId"}
    parameters = {"parameters": {"sessionId": session}} if address == CHAT_ADDRESS else {}
    messages = {name: {"$ref": f"#/components/messages/{name}"}}
    return {"address": address, "messages": messages, **parameters, "bindings": _REDIS}


def _operations(addresses: Iterable[str]) -> Iterable[tuple[str, Part]]:
    """Whoever publishes sends, whoever listens receives; which service does which is in no catalogue."""
    for address in addresses:
        channel = f"#/channels/{_key(address)}"
        message = {"$ref": f"{channel}/messages/{_message_name(address)}"}
        for action in _ACTIONS:
            told: Part = {"action": action, "channel": {"$ref": channel}, "messages": [message], "bindings": _REDIS}
            yield f"{action}.{_key(address)}", told


def _message(address: str) -> Part:
    """The payload is written in AsyncAPI's own dialect, that of draft 7: of 2020-12 nothing is used that it lacks."""
    name = _message_name(address)
    payload = schema(CHAT_CHANNEL if address == CHAT_ADDRESS else address)
    del payload["$schema"]
    traced = {} if address == CHAT_ADDRESS else {"correlationId": {"location": "$message.payload#/eventId"}}
    return {"name": name, "contentType": "application/json", **traced, "payload": payload, "bindings": _REDIS}
