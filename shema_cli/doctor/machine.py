"""Checks of this machine: settings, files, completion, terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shema_cli.auth.service_account import is_a_key
from shema_cli.calls.tokens import SHORTEST_SECRET, is_short
from shema_cli.completion.install import own_shell, state_of
from shema_cli.doctor.bench import Bench, Say
from shema_cli.doctor.results import Finding
from shema_cli.errors import InvalidUsage
from shema_cli.results import counted
from shema_cli.settings.profile import misunderstood
from shema_cli.settings.target import Target, elsewhere
from shema_cli.settings.values import CORE_SERVICES, SECRETS, service_variable
from shema_cli.shell import to_type
from shema_cli.state import StateUnusable
from shema_cli.store.seal import Sealer
from shema_cli.system import others_may, user

NARROW = 40


def profile(bench: Bench, say: Say) -> Iterator[Finding]:
    """Whether the profile that was asked for exists."""
    settings = bench.settings
    wanted = bench.wanted_profile or settings.default_profile
    if wanted and wanted not in settings.profiles:
        yield say.fail(f"there is no profile {wanted!r} in {settings.config_path}", "shema config profiles")
    elif settings.profile:
        yield say.ok(f"{settings.profile}, one of {len(settings.profiles)}")
    else:
        yield say.ok("none; settings come from the environment and .env")


def target(bench: Bench, say: Say) -> Iterator[Finding]:
    """Where commands act, whether the profile says all of that, and what keeps them from changing anything there."""
    found = Target.of(bench.settings)
    for problem in misunderstood(bench.settings.profile_options):
        yield say.fail(f"profile {found.profile}: {problem}", "shema config set NAME VALUE")
    for remark in bench.settings.remarks:
        yield say.warn(remark, "shema config show")
    if found.mixed:
        yield say.warn(f"{found.mixture}; nothing may be changed so", found.way_out)
    if found.foreign:
        yield say.warn(str(elsewhere(found.foreign)), "sign in to the real project to change things there")
    if not found.mixed:
        sources = dict.fromkeys(found.sources.values())
        yield say.ok(" · ".join(found.words) + (f", from {', '.join(sources)}" if sources else ""))
    if found.read_only:
        yield say.ok(f"read-only: {found.read_only} says so")


def values(bench: Bench, say: Say) -> Iterator[Finding]:
    """What is not set that services need, and a secret that can be guessed."""
    settings = bench.settings
    urls = settings.service_urls()
    missing = [service_variable(name) for name in CORE_SERVICES if name not in urls]
    if missing:
        yield say.warn(f"not set: {', '.join(missing)}", "set them, unless those services register themselves in Redis")
    else:
        yield say.ok(f"{counted(len(urls), 'service')} {'has' if len(urls) == 1 else 'have'} a URL")
    secret = settings.get("SERVICE_JWT_SECRET")
    if secret is None:
        yield say.fail("SERVICE_JWT_SECRET is not set, so no service can be called", "set it to the services' secret")
    elif is_short(secret):
        problem = f"SERVICE_JWT_SECRET has fewer than {SHORTEST_SECRET} bytes and can be guessed"
        yield say.warn(problem, "use a longer one everywhere")
    Sealer.from_settings(settings)  # a key that is none keeps everything from being changed


def config_file(bench: Bench, say: Say) -> Iterator[Finding]:
    """Where config.toml is, and what of it cannot be used."""
    path = bench.settings.config_path
    if problem := bench.settings.config_problem:
        yield say.error(problem)
    elif not path.exists():
        yield say.ok(f"{path} does not exist, which is allowed")
    else:
        yield say.ok(str(path))


def state_folder(bench: Bench, say: Say) -> Iterator[Finding]:
    """Whether anybody else may look into what is kept between commands."""
    path = bench.settings.state_path
    if remark := bench.settings.state_remark:
        yield say.warn(remark, "set HOME or SHEMA_STATE_DIR to a folder that outlives the machine's next start")
    if not path.exists():
        yield say.ok(f"{path} will be made when something is kept")
        return
    if not path.is_dir():
        yield say.fail(f"{path} is not a folder", "move it away, or set SHEMA_STATE_DIR")
        return
    try:
        bench.state.require_ours()
    except StateUnusable as error:
        yield say.error(error)
        return
    if lax(path):
        yield say.warn(f"others may look into {path}", to_type("chmod 700", str(path)))
    readable = [file for file in sorted(path.rglob("*")) if file.is_file() and lax(file)]
    for file in readable:
        yield say.fail(
            f"others may read {file}", f"{to_type('chmod 600', str(file))}; if it is a session, `shema auth logout` too"
        )
    foreign = [file for file in sorted(path.rglob("*")) if file.lstat().st_uid != user()]
    for file in foreign:
        yield say.fail(f"{file} belongs to somebody else and is not used", to_type("rm -f", str(file)))
    if not readable and not foreign:
        yield say.ok(f"{path}, private")


def secret_files(bench: Bench, say: Say) -> Iterator[Finding]:
    """Files that hold secrets in the clear: the config, `.env`, a service account's key."""
    settings = bench.settings
    sources = {Path(e.source) for e in settings.entries.values() if e.name in SECRETS and e.source.endswith(".env")}
    if any(e.name in SECRETS and e.source.startswith("profile ") for e in settings.entries.values()):
        sources.add(settings.config_path)
    key_file = settings.get("GOOGLE_APPLICATION_CREDENTIALS")
    if key_file and is_a_key(key_file):
        yield say.fail(
            "GOOGLE_APPLICATION_CREDENTIALS holds a key itself", "keep the key in a file, and set it to the file's path"
        )
    elif key_file and not Path(key_file).is_file():
        yield say.fail(f"GOOGLE_APPLICATION_CREDENTIALS: {key_file} is not a file", "mend the path, or unset it")
    elif key_file:
        sources.add(Path(key_file))
    open_files = [path for path in sorted(sources) if path.is_file() and lax(path)]
    for path in open_files:
        yield say.warn(f"{path} holds a secret that others may read", to_type("chmod 600", str(path)))
    if not open_files:
        yield say.ok("no secret lies open")


def lax(path: Path) -> bool:
    """Whether anybody but the owner has a right to it."""
    return bool(others_may(path.stat().st_mode))


def completion(bench: Bench, say: Say) -> Iterator[Finding]:
    """Whether TAB completes, with the script of this version."""
    environ = bench.streams.environ
    try:
        shell = own_shell(environ)
    except InvalidUsage as error:
        yield say.ok(error.message)
        return
    state = state_of(shell, environ)
    if state == "current":
        yield say.ok(f"installed for {shell}")
    else:
        yield say.warn(f"{state} for {shell}", "shema completions install")


def terminal(bench: Bench, say: Say) -> Iterator[Finding]:
    """What the terminal can show."""
    streams = bench.streams
    encoding = (streams.stdout.encoding or "").lower().replace("-", "")
    if encoding != "utf8":
        yield say.warn(
            f"the output is {encoding or 'of no known encoding'}, so other letters are escaped", "use a UTF-8 locale"
        )
    if not streams.stdout_is_terminal:
        yield say.ok("no terminal; nothing is drawn")
    elif streams.width < NARROW:
        yield say.warn(f"{streams.width} columns are narrow", "make the window 40 columns wide or wider")
    else:
        colour = "colour" if streams.colour(streams.stdout) else "no colour"
        yield say.ok(f"{streams.width} columns, {colour}, TERM={streams.environ.get('TERM', '')}")
