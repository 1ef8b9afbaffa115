"""Google's stand-in, as a process."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from shema_cli.auth.browser import GoogleEndpoints
from tests.support.firebase import NODE_MODULES, node_program

SCRIPT = Path(__file__).resolve().parents[1] / "support" / "google_stand_in.mjs"


@dataclass
class StandIn:
    """`exchanges`: what came to the token endpoint, as it answered."""

    url: str
    exchanges: list[Any] = field(default_factory=list)

    @property
    def endpoints(self) -> GoogleEndpoints:
        return GoogleEndpoints(f"{self.url}/authorize", f"{self.url}/token")


@contextlib.contextmanager
def google_stand_in(email: str) -> Iterator[StandIn]:
    node_program("oauth2-mock-server")
    node = shutil.which("node") or "node"
    process = subprocess.Popen([node, SCRIPT, NODE_MODULES, email], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    stand_in = StandIn(process.stdout.readline().strip())
    lines = process.stdout
    reader = threading.Thread(target=lambda: stand_in.exchanges.extend(map(json.loads, lines)))
    reader.start()
    try:
        yield stand_in
    finally:
        process.kill()
        process.wait()
        reader.join()
        lines.close()


def consent(address: str) -> str:
    """Go where a browser would go until Google sends it back; the address that it would end on."""
    answer = httpx2.get(address, follow_redirects=False, trust_env=False)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"])


def parameters(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
