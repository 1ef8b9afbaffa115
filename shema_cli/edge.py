"""What the edge makes of an exception that reached it."""

from __future__ import annotations

import errno
import re
from collections.abc import Sequence
from itertools import zip_longest

import typer
from typer.exceptions import TyperException

from shema_cli.errors import Failed, Interrupted, InvalidUsage, ShemaError
from shema_cli.output.sink import Format, Output
from shema_cli.output.streams import Streams

_KINDS = {"int": "is not a whole number", "float": "is not a number"}
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_THREAD = "can't start new thread"  # how Python says it, which has no class for it
_OF_A_KIND = re.compile(r"is not a valid (int|float)(?:eger)?(?: range)?(?=\.)")


def explain(error: BaseException) -> ShemaError | None:
    """The error to show for an exception; None when there is nothing to show (help was printed)."""
    if isinstance(error, ShemaError):
        return error
    if isinstance(error, TyperException):
        return _usage(error)
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return Interrupted("interrupted", "interrupted")
    if type(error).__module__.partition(".")[0] == "redis":
        from shema_cli.store.errors import translate

        return translate(error)
    if isinstance(error, OSError):
        full = "make room on the disk that it writes to: df -h, ulimit -f" if error.errno in _FULL else None
        return Failed("os_error", f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), full)
    if used_up := _used_up(error):
        return used_up
    return Failed(
        "internal",
        f"this is a fault in shema: {type(error).__name__}: {error}".rstrip(": "),
        "run it again with SHEMA_DEBUG=1 to see where",
    )


def _used_up(error: BaseException) -> ShemaError | None:
    """What the machine gives a command no more of, which no care of ours brings back."""
    if isinstance(error, MemoryError):
        return Failed("no_memory", "this machine gives a command no more memory", "ask for less, or raise `ulimit -v`")
    if isinstance(error, RuntimeError) and str(error) == _NO_THREAD:
        hint = "raise `ulimit -u` or `ulimit -v`, or the container's limit of processes (pids)"
        return Failed("no_threads", "this machine lets a command start no more threads", hint)
    return None


def _usage(error: TyperException) -> ShemaError | None:
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(error.format_message())
        return None
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "shema"
    from shema_cli.help.suggest import with_suggestion

    message = _OF_A_KIND.sub(lambda kind: _KINDS[kind[1]], error.format_message().replace("\n", " "))
    return InvalidUsage("usage", with_suggestion(message), f"{path} --help")


def fallback_output(streams: Streams, argv: Sequence[str]) -> Output:
    """The sink for an error that came before the options were read: the format as the words on the line ask for it."""
    return Output(streams, _format_of(argv, streams.environ.get("SHEMA_OUTPUT")))


def _format_of(argv: Sequence[str], default: str | None) -> Format:
    chosen = default
    words = list(argv[: argv.index("--")] if "--" in argv else argv)
    for word, following in zip_longest(words, words[1:]):
        if word == "--json":
            chosen = Format.JSON
        elif word in ("-o", "--output"):
            chosen = following
        elif word.startswith("--output="):
            chosen = word.removeprefix("--output=")
        elif word.startswith("-o") and len(word) > 2:
            chosen = word[2:].removeprefix("=")
    return Format.JSON if chosen == Format.JSON else Format.TABLE
