"""Services that mind who asks, and a profile as it was written."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shema_cli.calls.tokens import verify
from shema_cli.dashboard.sources import SOURCES
from tests.support.cli import Run, shema
from tests.support.http import Answer, HttpServer, Request

SECRET = "service-secret-9f3a-service-secret-9f3a"


def school_at(server: HttpServer) -> HttpServer:
    """Have a server answer as every service does."""

    def number(field: str, request: Request) -> Answer:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        verdict = verify(token, SECRET, datetime.now(UTC))
        return Answer(json={field: 1}) if verdict.valid else Answer(verdict.status, json={"error": verdict.error})

    server.on("GET", "/health", Answer(json={"status": "healthy"}))
    for source in SOURCES:
        server.on("GET", source.path, lambda request, field=source.field: number(field, request))  # type: ignore[misc]
    return server


def lines_of(values: Mapping[str, str]) -> bytes:
    return "".join(f"{name}={value}\n" for name, value in values.items()).encode()


def set_up(env: dict[str, str], content: bytes, *options: str, profile: str = "staging") -> Run:
    """`shema setup --from -`, as a script calls it."""
    return shema("setup", profile, "--from", "-", "-o", "json", *options, env=env, stdin=content)


def config_file(env: dict[str, str]) -> Path:
    return Path(env["SHEMA_CONFIG_DIR"]) / "config.toml"


def profile_of(env: dict[str, str], name: str = "staging") -> dict[str, Any]:
    return dict(tomllib.loads(config_file(env).read_text())["profiles"][name])


def tried(run: Run) -> dict[str, str]:
    """By name, how each value ended."""
    return {one["name"]: one["tried"] for one in run.json["values"]}


def why(run: Run, name: str) -> str:
    one = next(one for one in run.json["values"] if one["name"] == name)
    return f"{one['why']} {one['hint'] or ''}"
