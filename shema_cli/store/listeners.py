"""Who hears an event, without our own tails: the guard that everyone who publishes shares (contract 2.4).

Each tail also subscribes, in the same transaction, to a presence channel for every pattern that it follows:
`shema-cli:tail:<pattern>`. A script can count those and so tell a service from a tail in the step that publishes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis
from redis.exceptions import ResponseError

from shema_cli.store.connection import is_cluster
from shema_cli.store.glob import GLOB_LUA, matches

PRESENCE_PREFIX = b"shema-cli:tail:"
TAIL_NAME = "shema-cli:tail"

# `shema_deliver(channel, payload, elsewhere)` publishes and returns how many services heard it, or nil and the error.
# Presence is read once a script and before the first PUBLISH, so that an error comes while nothing is published yet.
DELIVER_LUA = (
    GLOB_LUA
    + r"""
local shema_presence = nil
local shema_tails_of = {}

local function shema_read_presence()
  local names = redis.pcall('PUBSUB', 'CHANNELS', 'shema-cli:tail:*')
  if names.err then return names.err end
  local found = {}
  for first = 1, #names, 1000 do
    local counts = redis.pcall('PUBSUB', 'NUMSUB', unpack(names, first, math.min(first + 999, #names)))
    if counts.err then return counts.err end
    for i = 1, #counts, 2 do
      found[#found + 1] = {string.sub(counts[i], 16), tonumber(counts[i + 1])}
    end
  end
  shema_presence = found
  return nil
end

local function shema_tails(channel)
  if shema_tails_of[channel] then return shema_tails_of[channel] end
  if not shema_presence then
    local err = shema_read_presence()
    if err then return nil, err end
  end
  local count = 0
  for _, tail in ipairs(shema_presence) do
    if shema_glob(tail[1], channel) then count = count + tail[2] end
  end
  shema_tails_of[channel] = count
  return count
end

local function shema_deliver(channel, payload, elsewhere)
  local tails, err = shema_tails(channel)
  if err then return nil, err end
  local receivers = redis.pcall('PUBLISH', channel, payload)
  if type(receivers) == 'table' then return nil, receivers.err end
  return math.max(0, receivers - tails) + (tonumber(elsewhere) or 0)
end
"""
)


@dataclass(frozen=True)
class Listeners:
    """Who would hear a channel now, counted without publishing.

    `services` counts exact subscribers and every pattern subscriber that is no tail; `exact` is False when there are
    such patterns, because the server does not tell what they match. `elsewhere` is the part of `services` on nodes
    other than the one that runs the script (what `shema_deliver` wants); 0 on one server.
    """

    services: int
    tails: int
    exact: bool
    elsewhere: int = 0


@dataclass(frozen=True)
class _Count:
    subscribers: int
    patterns: int
    tails: int


def listeners(client: Any, channel: str, *, key: str | None = None) -> Listeners:
    """Count the listeners of `channel` over all nodes. `key` (any key of the script) tells which node will run it."""
    if not is_cluster(client):
        return _sum([_count(client, channel)])
    here = client.get_node_from_key(key) if key else None
    counts, away = [], []
    for node in client.get_nodes():
        try:
            count = _count(node.redis_connection or client.get_redis_connection(node), channel)
        except (redis.ConnectionError, redis.TimeoutError):
            continue  # whoever listens on a node that is down does not hear us
        counts.append(count)
        if here is None or node.name != here.name:
            away.append(count)
    elsewhere = sum(count.subscribers + count.patterns for count in away)
    total = _sum(counts)
    return Listeners(total.services, total.tails, total.exact, elsewhere)


def listeners_elsewhere(client: Any, channel: str, key: str) -> int:
    """What `shema_deliver` wants as `elsewhere`, for a script that has `key`; asks nothing where there is one node."""
    return listeners(client, channel, key=key).elsewhere if is_cluster(client) else 0


def _sum(counts: list[_Count]) -> Listeners:
    patterns = sum(count.patterns for count in counts)
    subscribers = sum(count.subscribers for count in counts)
    return Listeners(subscribers + patterns, sum(count.tails for count in counts), exact=patterns == 0)


def _count(node: Any, channel: str) -> _Count:
    name = channel.encode("utf-8", "surrogateescape")
    subscribers = int(node.execute_command("PUBSUB", "NUMSUB", name)[1])
    presence = node.execute_command("PUBSUB", "CHANNELS", PRESENCE_PREFIX + b"*")
    counts = node.execute_command("PUBSUB", "NUMSUB", *presence) if presence else []
    followed = dict(zip(counts[::2], map(int, counts[1::2]), strict=True))
    tails = sum(n for p, n in followed.items() if matches(p.removeprefix(PRESENCE_PREFIX), name))
    return _Count(subscribers, _foreign_patterns(node, len(followed)), tails)


def _foreign_patterns(node: Any, own: int) -> int:
    """Clients that follow patterns and are no tails; where CLIENT LIST is forbidden, distinct patterns beyond ours."""
    try:
        listing: bytes = node.execute_command("CLIENT", "LIST", "TYPE", "PUBSUB")
    except ResponseError:
        return max(0, int(node.execute_command("PUBSUB", "NUMPAT")) - own)
    clients = [dict(word.partition(b"=")[::2] for word in line.split()) for line in listing.splitlines()]
    return sum(1 for c in clients if int(c.get(b"psub", 0)) and c.get(b"name") != TAIL_NAME.encode())
