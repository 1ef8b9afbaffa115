"""What commands cost where there is ten, a hundred, a thousand times as much of what they look at.

    python -m bench.scale.run [LARGEST]

Prints tables in Markdown: seconds of processor time of a command from its start to its end, at each size; what each
further thousand adds, from the two largest; the memory of its process at most; the server's own processor time. Wall
clock is left out: it says how busy the machine is. LARGEST: nothing larger than so many (at least 10,000; a million
where nothing is said).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context

import redis

from bench.scale import fill
from bench.scale.school import School, school
from shema_cli.store import keys
from tests.support.signed_in import signed_in
from tests.support.subscriber import Listener
from tests.support.topologies import cluster
from tests.support.valkey import Valkey

SIZES = (1_000, 10_000, 100_000, 1_000_000)
OF_SERVICES = SIZES[:3]
"""A million pending enrollments are ten thousand pages; a school does not have them."""
INSTANCES = (10, 100, 1_000)
REPLAYED = 1_000
ON_A_CLUSTER = 100_000
Filling = Callable[[redis.Redis, int], None]
Lines = tuple[tuple[str, ...], ...]
OF_DEAD_LETTERS: Lines = (("dlq", "stats"), ("dlq", "list"), ("dashboard",), ("status",), ("check", "dlq"))
OF_THE_HISTORY: Lines = (
    ("events", "history", "--since", "1m"),
    ("events", "missed", "schedule", "--channel", "enrollment.approved"),
)
OF_THE_TRAIL: Lines = (("audit", "list"), ("audit", "verify"))
SERVICES = ("auth", "user", "course", "booking", "chat", "recommendation", "enrollment", "schedule")
FEW = 10_000
"""Up to so many, a command runs three times and the cheapest counts."""


@dataclass(frozen=True)
class Cost:
    """Seconds of processor time of a command and of Redis, megabytes of the command, its exit code."""

    own_s: float
    server_s: float
    memory_mb: float
    code: int


@dataclass(frozen=True)
class Row:
    """A command line, and what it did at each size."""

    words: tuple[str, ...]
    costs: dict[int, Cost]


@dataclass
class World:
    """Redis, one server or the nodes of a cluster, the services, and the variables that lead to them."""

    nodes: tuple[Valkey, ...]
    school: School
    env: dict[str, str]

    def cost(self, *words: str) -> Cost:
        before = self.server_s()
        with tempfile.TemporaryDirectory() as state:
            command = [sys.executable, "-m", "shema_cli", *words]
            env = {**self.env, "SHEMA_STATE_DIR": state, "SHEMA_CONFIG_DIR": state, "HOME": state}
            process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        own = used.ru_utime + used.ru_stime
        return Cost(own, self.server_s() - before, used.ru_maxrss / 1024, process.returncode)

    def cheapest(self, size: int, *words: str) -> Cost:
        return min((self.cost(*words) for _ in range(3 if size <= FEW else 1)), key=lambda cost: cost.own_s)

    def server_s(self) -> float:
        spent = 0.0
        for node in self.nodes:
            with node.client() as client:
                told = client.info("cpu")
                spent += told["used_cpu_user"] + told["used_cpu_sys"]
        return spent

    def empty(self) -> None:
        for node in self.nodes:
            with node.client() as client:
                client.flushall()


def world(stack: ExitStack, nodes: tuple[Valkey, ...], url: str) -> World:
    services = stack.enter_context(school())
    env = {
        "PATH": os.environ["PATH"],
        "REDIS_URL": url,
        "SERVICE_JWT_SECRET": "s" * 32,
        **{f"{name.upper()}_SERVICE_URL": services.url for name in SERVICES},
        **signed_in(f"127.0.0.1:{services.port}"),
    }
    return World(nodes, services, env)


def filled(work: Filling, port: int, size: int) -> None:
    """In a process of its own: a child is counted with the memory that its parent had when it was made."""

    def run() -> None:
        with redis.Redis(port=port) as client:
            work(client, size)

    process = get_context("fork").Process(target=run)
    process.start()
    process.join()
    assert process.exitcode == 0


def in_redis(at: World, work: Filling, sizes: tuple[int, ...], lines: Lines) -> tuple[list[Row], int]:
    """The lines at each size of what `work` fills in, and how many bytes of Redis one of the last took."""
    rows = [Row(words, {}) for words in lines]
    (node,) = at.nodes
    for size in sizes:
        at.empty()
        with node.client() as client:
            empty = client.info("memory")["used_memory"]
        filled(work, node.port, size)
        with node.client() as client:
            taken = client.info("memory")["used_memory"] - empty
        for row in rows:
            row.costs[size] = at.cheapest(size, *row.words)
    return rows, taken // sizes[-1]


def replayed(at: World, sizes: tuple[int, ...]) -> Row:
    row = Row(("dlq", "replay", "--all", "--limit", str(REPLAYED), "--yes"), {})
    (node,) = at.nodes
    with Listener(node.port, "enrollment.approved"):
        for size in sizes:
            at.empty()
            filled(fill.dead_letters, node.port, size)
            row.costs[size] = at.cost(*row.words)
    return row


def table(title: str, rows: list[Row]) -> None:
    sizes = list(rows[0].costs)
    print(f"\n{title}\n")
    print("| command |", " | ".join(f"{size:,}" for size in sizes), "| each further 1,000 | memory | Redis |")
    print("|---|" + "---:|" * (len(sizes) + 3))
    for row in rows:
        costs = [row.costs[size] for size in sizes]
        further_ms = 1e6 * (costs[-1].own_s - costs[-2].own_s) / (sizes[-1] - sizes[-2])
        codes = {cost.code for cost in costs} - {0, 1}
        print(
            f"| `{' '.join(row.words)}` |",
            " | ".join(f"{cost.own_s:.2f}" for cost in costs),
            f"| {max(0.0, further_ms):.2f} ms | {max(cost.memory_mb for cost in costs):.0f} MB"
            f" | {costs[-1].server_s:.2f} |" + (f" ended with {codes}" if codes else ""),
            flush=True,
        )


def on_one(largest: int) -> None:
    sizes, of_services = (tuple(one for one in some if one <= largest) for some in (SIZES, OF_SERVICES))
    with ExitStack() as stack:
        server = Valkey().start()
        stack.callback(server.stop)
        at = world(stack, (server,), server.url)
        rows, size = in_redis(at, fill.dead_letters, sizes, OF_DEAD_LETTERS)
        table(f"Dead letters, {size} bytes each", [*rows, replayed(at, sizes)])
        rows, size = in_redis(at, fill.history, sizes, OF_THE_HISTORY)
        table(f"Events in the history, {size} bytes each", rows)
        rows, size = in_redis(at, fill.audit, sizes, OF_THE_TRAIL)
        table(f"Entries in the audit trail, {size} bytes each", rows)
        at.empty()
        pending = [Row(words, {}) for words in (("enrollments", "list", "--status", "pending"), ("find", "e999"))]
        people = Row(("admins", "list"), {})
        for many in of_services:
            at.school.pending = at.school.people = many
            for row in (*pending, people):
                row.costs[many] = at.cheapest(many, *row.words)
        table("Pending enrollments, a hundred a page", pending)
        table("Accounts in Firebase, one in a thousand an admin's", [people])
        registered = [Row(words, {}) for words in (("services", "list"), ("services", "health"), ("dashboard",))]
        for many in INSTANCES:
            at.empty()
            with server.client() as client:
                fill.instances(client, many, at.school.url)
            for row in registered:
                row.costs[many] = at.cheapest(many, *row.words)
        table("Registered instances of one service", registered)


def on_three(largest: int) -> None:
    """The same beside a cluster of three nodes, and where it has what."""
    size = min(ON_A_CLUSTER, largest)
    with ExitStack() as stack:
        alone = Valkey().start()
        stack.callback(alone.stop)
        nodes = stack.enter_context(cluster(3))
        both = {"one": world(stack, (alone,), alone.url), "three": world(stack, nodes.nodes, nodes.url)}
        works: tuple[tuple[Filling, str], ...] = (
            (fill.dead_letters, keys.DEAD_LETTERS),
            (fill.history, keys.HISTORY),
            (fill.audit, keys.AUDIT),
        )
        for work, key in works:
            filled(work, alone.port, size)
            filled(work, nodes.node_of(key).port, size)
        lines = (("dlq", "stats"), ("audit", "verify"), ("events", "history", "--since", "1m"), ("dashboard",))
        print(f"\nOn one Redis and on a cluster of three, {size:,} of each\n")
        print("| command | one | three | Redis, one | Redis, three |\n|---|---:|---:|---:|---:|")
        for words in lines:
            one, three = (both[name].cheapest(FEW, *words) for name in ("one", "three"))
            figures = (one.own_s, three.own_s, one.server_s, three.server_s)
            print(f"| `{' '.join(words)}` |", " | ".join(f"{figure:.2f}" for figure in figures), "|", flush=True)
        print("\n| node of the cluster | memory | keys |\n|---|---:|---|")
        for number, node in enumerate(nodes.nodes, 1):
            has = ", ".join(f"`{key}`" for _, key in works if nodes.node_of(key).port == node.port)
            with node.client() as client:
                taken = client.info("memory")["used_memory"] / 1e6
            print(f"| {number} | {taken:.0f} MB | {has} |")


def main(largest: int) -> None:
    on_one(largest)
    on_three(largest)


if __name__ == "__main__":
    main(max(SIZES[1], int(sys.argv[1])) if len(sys.argv) > 1 else SIZES[-1])
