"""Where each shell looks for completion scripts, and putting ours there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from shema_cli.completion.scripts import FILES, script
from shema_cli.errors import Failed, InvalidUsage
from shema_cli.files import replacing
from shema_cli.frozen import dataclass
from shema_cli.results import Result, Table


@dataclass(frozen=True)
class Installed(Result):
    """`written`: False when the file was already up to date, or on a dry run. `next_step` completes the job."""

    shell: str
    path: str
    written: bool
    next_step: str

    def document(self) -> dict[str, object]:
        return {"shell": self.shell, "path": self.path, "written": self.written, "next_step": self.next_step}

    def table(self) -> Table:
        return Table(("shell", "path", "written"), [(self.shell, self.path, self.written)])

    def notes(self) -> Iterable[str]:
        yield self.next_step


def own_shell(environ: Mapping[str, str]) -> str:
    """The user's login shell. Raises InvalidUsage when it cannot be told, or is none of ours."""
    name = Path(environ.get("SHELL", "")).name
    name = "powershell" if name in ("pwsh", "powershell") else name
    if name not in FILES:
        said = f"there is no completion for {name}" if name else "SHELL is not set, so there is no telling which shell"
        raise InvalidUsage("unknown_shell", said, "name one: bash, zsh, fish, powershell")
    return name


def place_of(shell: str, environ: Mapping[str, str]) -> Path:
    """The file that the shell reads when `shema` is completed for the first time.

    Raises InvalidUsage where there is no home.
    """
    home = _home(environ)
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return {
        "bash": data / "bash-completion" / "completions" / "shema",
        "zsh": data / "zsh" / "site-functions" / "_shema",
        "fish": config / "fish" / "completions" / "shema.fish",
        "powershell": config / "powershell" / "shema.ps1",
    }[shell]


def _home(environ: Mapping[str, str]) -> Path:
    try:
        return Path(environ.get("HOME") or Path.home())
    except RuntimeError:
        raise InvalidUsage("no_home", "HOME is not set", "shema completions show SHELL > a file") from None


def install(shell: str, environ: Mapping[str, str], *, dry_run: bool) -> Installed:
    """Write the script of `shell`. Raises Failed when the file cannot be written."""
    path, content = place_of(shell, environ), script(shell)
    same = path.is_file() and path.read_text(encoding="utf-8") == content
    if not dry_run and not same:
        _replace(path, content)
    return Installed(shell, str(path), not dry_run and not same, _next_step(shell, path))


def state_of(shell: str, environ: Mapping[str, str]) -> str:
    """`current`, `outdated` or `missing`: of the first script that the shell would find."""
    for path in (place_of(shell, environ), *_places_of_packages(shell, environ)):
        if path.is_file():
            return "current" if path.read_text(encoding="utf-8") == script(shell) else "outdated"
    return "missing"


def _places_of_packages(shell: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Where a package of the system has put the script, for a shell that looks there."""
    below = {
        "bash": ("bash-completion/completions/shema",),
        "zsh": ("zsh/site-functions/_shema", "zsh/vendor-completions/_shema"),
        "fish": ("fish/vendor_completions.d/shema.fish",),
    }
    for folder in (environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":"):
        yield from (Path(folder) / place for place in below.get(shell, ()))


def _replace(path: Path, content: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, mode=0o644) as file:
            file.write(content.encode())
    except OSError as error:
        raise Failed(
            "not_written", f"{path} cannot be written: {error.strerror}", "shema completions show SHELL > a file"
        ) from error


def _next_step(shell: str, path: Path) -> str:
    return {
        "bash": f"open a new shell; without the bash-completion package, add to ~/.bashrc: source {path}",
        "zsh": f"open a new shell; in ~/.zshrc, before compinit, there must be: fpath=({path.parent} $fpath)",
        "fish": "open a new shell",
        "powershell": f"add to $PROFILE: . {path}",
    }[shell]
