"""All checks, in the order in which they are told."""

from __future__ import annotations

from shema_cli.doctor import here, identity, messages, redis_rights, redis_server, system
from shema_cli.doctor.bench import Check

CHECKS: tuple[tuple[str, str, Check], ...] = (
    ("settings", "profile", here.profile),
    ("settings", "values", here.values),
    ("files", "config", here.config_file),
    ("files", "state", here.state_folder),
    ("files", "secrets", here.secret_files),
    ("sign-in", "keyring", identity.keyring),
    ("sign-in", "firebase", identity.firebase),
    ("sign-in", "session", identity.session),
    ("redis", "server", redis_server.server),
    ("redis", "clock", redis_server.clock),
    ("redis", "persistence", redis_server.persistence),
    ("redis", "memory", redis_server.memory),
    ("redis", "subscribers", redis_server.output_buffer),
    ("redis", "rights", redis_rights.rights),
    ("messages", "dead letters", messages.dead_letters),
    ("messages", "listeners", messages.listening),
    ("services", "registry", system.registry),
    ("services", "health", system.health),
    ("terminal", "completion", here.completion),
    ("terminal", "abilities", here.terminal),
)
