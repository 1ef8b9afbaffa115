"""What a kept session adds to a command: `python -m bench.auth.gate_cost`.

Processor time, which other work on the machine lengthens least, beside a bare start of the interpreter. The gate is
timed in a process of its own, imports and all: an emulator's session, a session of production (RS256, certificates on
loopback), and one whose signature is checked anew each time.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial

from shema_cli.auth.session import FILE, Session, SessionStore
from tests.support.firebase import CertificateServer, SigningKey, claims_of, unsigned
from tests.support.gate import realm_of

ROUNDS = 15
PROGRAM = """
import sys, time
from shema_cli.context import AppContext, GlobalOptions
from shema_cli.output.streams import Streams
def open_gate(*parts):
    from shema_cli.auth.gate import Gate
    return Gate(*parts)
app = AppContext.open(Streams.system(), GlobalOptions(), "bench", open_gate=open_gate)
start = time.process_time()
if len(sys.argv) > 2:
    from shema_cli.auth import project
    project.GOOGLE = project.Endpoints("http://127.0.0.1:1", "http://127.0.0.1:1", sys.argv[2])
imported = start
if sys.argv[1] == "gate":
    gate = app.gate
    imported = time.process_time()
    gate.authorize(changes=False)
end = time.process_time()
print((end - start) * 1000, (end - imported) * 1000)
"""


def keep(env: dict[str, str], token: str, verified: bool) -> None:
    session = Session("uid", "ani@shema.test", int(time.time()) + 3600, FILE, token, "refresh")
    SessionStore(realm_of(env)).save(session, verified=verified)


def median_ms(env: dict[str, str], *words: str, before: Callable[[], None] = lambda: None) -> str:
    """Imports and work together, and the work alone; `before` is called before each round."""
    both, work = [], []
    for _ in range(ROUNDS):
        before()
        run = subprocess.run([sys.executable, "-c", PROGRAM, *words], env=env, capture_output=True, check=True)
        first, second = map(float, run.stdout.split())
        both.append(first)
        work.append(second)
    return f"{statistics.median(both):7.2f} ms, of which work {statistics.median(work):6.2f} ms"


def interpreter_ms(env: dict[str, str]) -> float:
    command = [sys.executable, "-c", "import time; print(time.process_time() * 1000)"]
    runs = [subprocess.run(command, env=env, capture_output=True, check=True) for _ in range(ROUNDS)]
    return statistics.median(float(run.stdout) for run in runs)


def main() -> None:
    key = SigningKey.new("k")
    with tempfile.TemporaryDirectory() as folder, CertificateServer() as certificates:
        certificates.publish(key)
        google = f"{certificates.url}{certificates.path}"
        base = {"PATH": os.environ["PATH"], "SHEMA_STATE_DIR": f"{folder}/s", "SHEMA_CONFIG_DIR": f"{folder}/c"}
        emulator = base | {"FIREBASE_PROJECT_ID": "demo-shema", "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:1"}
        production = base | {"FIREBASE_PROJECT_ID": "shema-music"}
        unsigned_token, signed = unsigned(claims_of("demo-shema")), key.sign(claims_of("shema-music"))
        keep(emulator, unsigned_token, True)
        keep(production, signed, True)
        print(f"the interpreter itself           {interpreter_ms(base):7.2f} ms")
        print(f"emulator, kept session           {median_ms(emulator, 'gate')}")
        print(f"production, kept session         {median_ms(production, 'gate')}")
        unsealed = partial(keep, production, signed, False)
        print(f"production, signature anew       {median_ms(production, 'gate', google, before=unsealed)}")
        print(f"fetches of certificates          {certificates.fetches:7d}")


if __name__ == "__main__":
    main()
