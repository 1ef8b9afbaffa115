"""Forty processes whose session has just ended. `python -m bench.auth.renewal`

Counts the requests that reach the token endpoint (which takes 300 ms), and how long until all forty are past the gate.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace

from shema_cli.auth.session import FILE, Session, SessionStore
from tests.support.firebase import REFRESH, claims_of, refreshed, unsigned
from tests.support.gate import realm_of
from tests.support.http import HttpServer


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, HttpServer() as server:
        fresh = refreshed(unsigned(claims_of("demo-shema")))
        server.on("POST", f"/securetoken.googleapis.com{REFRESH}", replace(fresh, delay=0.3))
        env = {
            "PATH": os.environ["PATH"],
            "SHEMA_STATE_DIR": f"{folder}/s",
            "SHEMA_CONFIG_DIR": f"{folder}/c",
            "FIREBASE_PROJECT_ID": "demo-shema",
            "FIREBASE_AUTH_EMULATOR_HOST": f"127.0.0.1:{server.port}",
        }
        for processes in (1, 40):
            server.requests.clear()
            ended = time.time() - 3700
            old = unsigned(claims_of("demo-shema", ended))
            SessionStore(realm_of(env)).save(Session("uid", "a@b.test", int(ended) + 3600, FILE, old, "refresh"))
            start = time.perf_counter()
            command = [sys.executable, "-m", "tests.auth.renewing", str(processes)]
            run = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
            taken = time.perf_counter() - start
            passed, tokens = run.stdout.split(), set(run.stdout.split())
            asked = len(server.requests)
            print(
                f"{processes:3d} processes: {len(passed)} passed, {len(tokens)} token, {asked} request, {taken:.2f} s"
            )


if __name__ == "__main__":
    main()
