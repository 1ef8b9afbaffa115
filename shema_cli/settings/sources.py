"""Where settings come from: reading the sources, the profiles, and which source wins (contract 2.1).

Precedence: flag > environment > `.env` (or `--env-file`) > profile in `config.toml` > default. An empty value counts
as not set, so that `REDIS_URL= shema …` falls through to the next source.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from shema_cli.errors import InvalidUsage, NotConfigured
from shema_cli.settings.config_file import CONFIG_FILE, TOP_LEVEL, ConfigFile, read_config, setting_of
from shema_cli.settings.dotenv import read_dotenv
from shema_cli.settings.folders import config_folder, state_folder, working_folder
from shema_cli.settings.profile import PROFILE_OPTIONS, SANDBOX_PROFILE
from shema_cli.settings.values import (
    CORE_SERVICES,
    DEFAULTS,
    DOTENV,
    SERVICE_VARIABLE,
    SETTINGS,
    TRACE,
    Setting,
    Settings,
    service_variable,
)

_ALIASES = {"CA": "SHEMA_CA_FILE"}
"""What a profile may call a setting besides."""
NOT_FROM_DOTENV = ("SHEMA_STATE_DIR", "SHEMA_CONFIG_DIR", "SHEMA_ID_TOKEN", "SHEMA_CA_FILE")
"""What a folder that somebody else filled must not say: where secrets are kept, who is signed in, and whom to trust."""


def load_settings(
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    env_file: Path | None = None,
    profile: str | None = None,
    overrides: Mapping[str, str] | None = None,
    any_profile: bool = False,
) -> Settings:
    """Read every source once.

    With `any_profile`, a profile that does not exist counts as none, so that `config use` can mend it, and what is
    wrong with config.toml is kept in `config_problem`.

    `overrides` are values given by flags. Raises InvalidUsage for an unknown profile or a missing `--env-file`, and
    NotConfigured for a config file that cannot be read.
    """
    environ = os.environ if environ is None else environ
    flags = {**(overrides or {}), **({"SHEMA_PROFILE": profile} if profile else {})}
    file_values, ignored = _from_file(cwd or working_folder(), env_file)
    layers = [("flag", flags), ("environment", environ), (str(env_file or DOTENV), file_values)]
    entries = {s.name: s for source, values in reversed(layers) for s in _known(values, source)}
    config_path = config_folder(_value(entries, "SHEMA_CONFIG_DIR")) / CONFIG_FILE
    config = read_config(config_path)
    name, options = _select_profile(entries, config, any_profile)
    values, problem = _profile_values(config, name, options)
    if problem and not any_profile:
        raise problem
    of_profile = {s.name: s for s in _known(values, f"profile {name}")}
    entries = {s.name: s for s in _defaults()} | of_profile | entries
    state_path, state_remark = state_folder(_value(entries, "SHEMA_STATE_DIR"), environ)
    return Settings(
        entries=entries,
        profile=name,
        profile_options={k.lower(): v for k, v in options.items() if k.lower() in PROFILE_OPTIONS},
        config_path=config_path,
        state_path=state_path,
        state_remark=state_remark,
        profiles=tuple(config.profiles),
        default_profile=config.default_profile,
        config_problem=problem,
        of_profile={setting.name: setting.value for setting in of_profile.values()},
        from_dotenv=frozenset() if env_file else _supplied(entries, file_values),
        remarks=(*ignored, *_unknown_keys(config, name, options)),
        trace=_trace(environ),
    )


def read_profile(config: ConfigFile, name: str) -> Mapping[str, str]:
    """What a profile sets, settings and options by name, each as text; a profile that is not there sets nothing.

    Raises NotConfigured for what cannot be used of config.toml or of the profile.
    """
    options = config.profiles.get(name, {})
    values, problem = _profile_values(config, name, options)
    if problem:
        raise problem
    told = {meant_by(key): value for key, value in options.items() if meant_by(key) in PROFILE_OPTIONS}
    shown = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in told.items()}
    return {setting.name: setting.value for setting in _known(values, "")} | {k: v for k, v in shown.items() if v}


def settings_of_profile(
    profile: str, values: Mapping[str, str], config_path: Path, state_path: Path, **besides: str
) -> Settings:
    """What a command would know of a system if a profile that says `values` (as `read_profile` gives them) were all.

    `besides` are values of the environment that it would take as well.
    """
    of_profile = {setting.name: setting for setting in _known(values, f"profile {profile}")}
    environment = {setting.name: setting for setting in _known(besides, "environment")}
    return Settings(
        entries={setting.name: setting for setting in _defaults()} | of_profile | environment,
        profile=profile,
        profile_options={name: value for name, value in values.items() if name in PROFILE_OPTIONS},
        config_path=config_path,
        state_path=state_path,
        profiles=(profile,),
        of_profile={setting.name: setting.value for setting in of_profile.values()},
        trace=_trace(besides),
    )


def _trace(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: environ[name] for name in TRACE if name in environ}


def meant_by(key: str) -> str:
    """The setting (in capitals) or the option of a profile (in small letters) that a key of it stands for."""
    return key.lower() if key.lower() in PROFILE_OPTIONS else _ALIASES.get(key.upper(), key.upper())


def is_setting(name: str) -> bool:
    """Whether a name is that of a setting, `<NAME>_SERVICE_URL` included."""
    return name in SETTINGS or SERVICE_VARIABLE.fullmatch(name) is not None


def _from_file(cwd: Path | None, env_file: Path | None) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """What `--env-file` says, or the `.env` of the working directory, and what of the latter is ignored, told."""
    if env_file is not None:
        return read_dotenv(env_file, is_setting, required=True), ()
    values = read_dotenv(cwd / DOTENV, is_setting, required=False) if cwd else {}
    ignored = [name for name in NOT_FROM_DOTENV if values.get(name, "").strip()]
    if not ignored:
        return values, ()
    told = f"{DOTENV}: {', '.join(ignored)} ignored; to use this file all the same, pass --env-file {DOTENV}"
    return {name: value for name, value in values.items() if name not in ignored}, (told,)


def _supplied(entries: Mapping[str, Setting], values: Mapping[str, str]) -> frozenset[str]:
    return frozenset(name for name in values if name in entries and entries[name].source == DOTENV)


def _unknown_keys(config: ConfigFile, profile: str | None, options: Mapping[str, object]) -> Iterator[str]:
    for key in config.unknown:
        yield f"{config.path}: {key!r} means nothing there" + _meant(get_close_matches(key, TOP_LEVEL, n=1))
    known = [*SETTINGS, *map(service_variable, CORE_SERVICES), *(name.upper() for name in PROFILE_OPTIONS)]
    for key in options:
        if is_setting(key.upper()) or key.upper() in _ALIASES or key.lower() in PROFILE_OPTIONS:
            continue
        close = get_close_matches(key.upper(), known, n=1)
        meant = [name.lower() if name.lower() in PROFILE_OPTIONS else name for name in close]
        yield f"profile {profile}: {key!r} is not a setting" + _meant(meant)


def _meant(close: Sequence[str]) -> str:
    return f"; did you mean {close[0]}?" if close else ""


def _value(entries: Mapping[str, Setting], name: str) -> str | None:
    return entries[name].value if name in entries else None


def _known(values: Mapping[str, str], source: str) -> Iterator[Setting]:
    for name, value in values.items():
        if value.strip() and is_setting(name):
            yield Setting(name, value.strip(), source)


def _defaults() -> Iterator[Setting]:
    return _known(DEFAULTS, "default")


def _select_profile(
    entries: Mapping[str, Setting], config: ConfigFile, any_profile: bool
) -> tuple[str | None, Mapping[str, object]]:
    chosen = entries.get("SHEMA_PROFILE")
    name = chosen.value if chosen else config.default_profile
    if name is None or (any_profile and name not in config.profiles):
        return None, {}
    if name not in config.profiles:
        close = get_close_matches(name, config.profiles, n=1)
        known = f"the profiles there are: {', '.join(config.profiles)}" if config.profiles else "it has none"
        makes = "shema sandbox start" if name == SANDBOX_PROFILE else "shema setup NAME"
        raise InvalidUsage(
            "unknown_profile",
            f"there is no profile {name!r} in {config.path}{_named_by(chosen)}",
            (f"did you mean {close[0]!r}? " if close else "") + f"{known}; `{makes}` makes one",
        )
    return name, config.profiles[name]


def _named_by(chosen: Setting | None) -> str:
    """Who wants a profile that is not there, unless that was just typed."""
    if chosen is None:
        return " (default_profile)"
    return "" if chosen.source == "flag" else f" (SHEMA_PROFILE, {chosen.source})"


def _profile_values(
    config: ConfigFile, profile: str | None, options: Mapping[str, object]
) -> tuple[dict[str, str], NotConfigured | None]:
    """What the profile sets, its keys being variable names in either case, and what is wrong with config.toml."""
    values, problem = {}, config.problem
    for key, value in options.items():
        name = _ALIASES.get(key.upper(), key.upper())
        try:
            values[name] = setting_of(config.path, str(profile), key, value) if is_setting(name) else ""
        except NotConfigured as error:
            problem = problem or error
    return values, problem
