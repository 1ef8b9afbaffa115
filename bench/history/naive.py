"""What one writes in a quarter of an hour: `python naive.py PORT`. Hears everything, and adds it to a stream."""

from __future__ import annotations

import sys
import time
from typing import Any

import redis


def main(port: int) -> None:
    heard = redis.Redis(port=port).pubsub(ignore_subscribe_messages=True)
    stream = redis.Redis(port=port)
    heard.psubscribe("*")
    while True:
        try:
            for message in heard.listen():
                fields: dict[Any, Any] = {"channel": message["channel"], "payload": message["data"]}
                stream.xadd("events", fields, maxlen=1_000_000, approximate=True)
        except redis.ConnectionError:
            time.sleep(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
