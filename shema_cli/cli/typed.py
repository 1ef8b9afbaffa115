"""A call of a command as a person would type it, made from the values that it is called with."""

from __future__ import annotations

from enum import Enum

from shema_cli.cli.declare import Declaration
from shema_cli.cli.options import Option, Values
from shema_cli.context import GlobalOptions
from shema_cli.shell import quoted, to_type


def typed(declaration: Declaration, path: str, given: Values) -> str:
    """`shema dlq replay --fingerprint 0e62ad21f8 --canary 5`. What is not given, or as by default, is left out."""
    options: list[str] = []
    arguments: list[str] = []
    for one in declaration.parameters():
        value = given.get(one.name, one.default)
        if value == one.default or value is False or value is None:
            continue
        values = [_text(each) for each in (value if isinstance(value, (list, tuple)) else [value])]
        if isinstance(one.told, Option):
            names = one.told.param_decls or ()
            flag = next((name for name in names if name.startswith("--")), names[0])
            options += [flag] if value is True else [_valued(flag, text) for text in values]
        else:
            arguments += values
    if any(text.startswith("-") for text in arguments):  # behind a --, and so behind the options
        return to_type(" ".join([f"shema {path}", *options]), *arguments)
    return " ".join([to_type(f"shema {path}", *arguments), *options])


def _valued(flag: str, text: str) -> str:
    """A value that begins like an option stays with its own."""
    return f"{flag}={quoted(text)}" if text.startswith("-") else f"{flag} {quoted(text)}"


def _text(value: object) -> str:
    return str(value.value if isinstance(value, Enum) else value)


def before_the_name(options: GlobalOptions) -> tuple[str, ...]:
    """The options that were given to a command and hold for whatever it has typed; but for the format of its output."""
    words = [] if options.profile is None else ["--profile", options.profile]
    words += [] if options.env_file is None else ["--env-file", str(options.env_file)]
    words += ["--read-only"] if options.read_only else []
    words += ["--verbose"] if options.verbose else []
    return (*words, *(("--log-format", options.log_format) if options.log_format else ()))
