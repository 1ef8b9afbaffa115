"""Publish the same traffic at a chosen rate: `python publisher.py PORT COUNT RATE` (0: as fast as it goes).

Every tenth event is an approval; ids are unique; each event bears the moment at which it was sent.
"""

from __future__ import annotations

import socket
import sys
import time

import hiredis

CHUNK = 50
EXACT_TIMES_UP_TO = 10_000  # a second; above, everything is written before the clock starts
CHANNELS = ("enrollment.created", "booking.created", "user.updated", "schedule.created", "attendance.marked")


def command(number: int) -> bytes:
    channel = "enrollment.approved" if number % 10 == 0 else CHANNELS[number % 5]
    event_type = channel.upper().replace(".", "_")
    payload = (
        f'{{"eventType":"{event_type}","eventId":"evt_{number:032x}","timestamp":"2026-01-31T08:00:00.000Z",'
        f'"version":"1.0","data":{{"enrollmentId":"enr_{number}","studentId":"stu_{number % 997}",'
        f'"courseId":"course_{number % 31}","sentAt":{time.time():.6f}}}}}'
    )
    return hiredis.pack_command(("PUBLISH", channel, payload))  # type: ignore[arg-type] # as many words as are given


def main(port: int, count: int, rate: float) -> None:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(b"CLIENT REPLY OFF\r\n")
    chunk = max(1, min(CHUNK, int(rate / 100))) if rate else CHUNK
    chunks = (b"".join(map(command, range(first, min(first + chunk, count)))) for first in range(0, count, chunk))
    ready = chunks if 0 < rate <= EXACT_TIMES_UP_TO else list(chunks)
    begin = time.perf_counter()
    for number, content in enumerate(ready):
        if rate:
            ahead = number * chunk / rate - (time.perf_counter() - begin)
            if ahead > 0:
                time.sleep(ahead)
        connection.sendall(content)
    connection.sendall(b"CLIENT REPLY ON\r\n")
    connection.sendall(b"PING\r\n")
    while not connection.recv(4096).endswith(b"+PONG\r\n"):
        pass
    seconds = time.perf_counter() - begin
    print(f"{count} events in {seconds:.2f} s: {count / seconds:,.0f}/s")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
