"""What a profile says of itself beside its settings: with how much care it is to be treated (contract 3.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

SANDBOX_PROFILE = "sandbox"
PROFILE_OPTIONS: Mapping[str, str] = {
    "confirm": "type-name: its name is typed before anything is changed there",
    "color": "how its name is shown: red, green, yellow, blue, magenta or cyan",
    "read_only": "true: nothing is changed there",
    "names": "false: names of people are not kept on this machine",
}
TYPE_NAME = "type-name"
LONGEST_NAME = 60
COLOURS = ("red", "green", "yellow", "blue", "magenta", "cyan")
_TRUTH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def name_problem(name: str) -> str | None:
    """Why a profile that people make cannot be called so; None when it can."""
    if name == SANDBOX_PROFILE:
        return "it is the sandbox's own, which `shema sandbox start` writes and `shema sandbox stop` removes"
    if not name.strip() or name != name.strip() or not name.isprintable():
        return "it is empty, or has blanks around it or characters that cannot be seen"
    if name.startswith("-"):
        return "it begins like an option"
    return f"it has more than {LONGEST_NAME} characters" if len(name) > LONGEST_NAME else None


def truth(value: object) -> bool | None:
    """What a switch says; None for a word that is neither yes nor no."""
    return _TRUTH.get(str(value).strip().lower())


def wants_its_name(options: Mapping[str, object]) -> bool:
    """Whether a profile's name is typed before anything is changed there."""
    return options.get("confirm") == TYPE_NAME


def keeps_names(options: Mapping[str, object]) -> bool:
    """Whether names of people may be kept on this machine; not either where what is said is not understood."""
    said = options.get("names")
    return said is None or said == "" or truth(said) is True


def option_problem(name: str, value: object) -> str | None:
    """What is wrong with the value of one of `PROFILE_OPTIONS`; None for one that is understood, or empty."""
    if value == "" or _understood(name, value):
        return None
    return f'{name} = "{value}" is not understood ({PROFILE_OPTIONS[name]})'


def misunderstood(options: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with the options of a profile: a guard that is misspelt must not be off without a word."""
    for name, value in options.items():
        if problem := option_problem(name, value):
            yield problem


def _understood(name: str, value: object) -> bool:
    if name == "confirm":
        return value == TYPE_NAME
    if name == "color":
        return isinstance(value, str) and value.lower() in COLOURS
    return truth(value) is not None
