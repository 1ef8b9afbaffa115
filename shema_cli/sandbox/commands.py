"""`shema sandbox …`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import (
    Argument,
    For,
    Option,
    Yes,
    words,
)
from shema_cli.context import AppContext
from shema_cli.errors import ExitCode
from shema_cli.results import Result

if TYPE_CHECKING:
    from shema_cli.sandbox import views
    from shema_cli.sandbox.drill.results import DrillResult
    from shema_cli.sandbox.results import SandboxStatus
else:
    views = Later("shema_cli.sandbox.views")

group = new_group("sandbox", see_also=("doctor",))
OWN = "sandbox"


def _faulty() -> str:
    from shema_cli.settings.values import CORE_SERVICES

    return words(*CORE_SERVICES, "redis", "firebase", "history", "all")


def _drills() -> str:
    from shema_cli.cases.book import CASES

    return words(*(case.name for case in CASES if case.drilled))


def _event_types() -> str:
    from shema_cli.events.envelope import KNOWN_EVENT_TYPES

    return words(*sorted(KNOWN_EVENT_TYPES))


BasePort = Annotated[
    int | None,
    Option("--base-port", value="N", min=1024, max=65_000, help="Use ports N+1 to N+11, not any free ones."),
]
Pause = Annotated[
    float,
    Option("--retry-pause", value="SECONDS", min=0, help="Unit of the pauses between a service's attempts."),
]


@command(
    group,
    "run",
    access=Access.OPEN,
    any_profile=True,
    takes_the_rest=True,
    examples=(
        Example("One command in a system of its own", "shema sandbox run -- shema dashboard", needs=OWN),
        Example("A shell to try things in", "shema sandbox run -- bash", needs="terminal"),
    ),
    exits={0: "whatever the command ended with is the exit code"},
    see_also=("sandbox start",),
)
def run(
    app: AppContext,
    command: Annotated[list[str], Argument("COMMAND…", help="What to run, with its arguments.")],
    base_port: BasePort = None,
    retry_pause: Pause = 1.0,
) -> int:
    """Run a command in a system of its own, signed in as an admin, and take everything down after it."""
    from shema_cli.sandbox.extra import need_extra

    need_extra()
    from shema_cli.sandbox.process.runner import run_in_sandbox
    from shema_cli.sandbox.system.assembly import Options

    return run_in_sandbox(command, Options(base_port, retry_pause))


@command(
    group,
    "start",
    access=Access.OPEN,
    any_profile=True,
    examples=(
        Example("Keep one running", "shema sandbox start", needs=OWN),
        Example("Use it", "shema --profile sandbox dashboard", needs=OWN),
    ),
    see_also=("sandbox status", "sandbox stop", "sandbox env"),
)
def start(app: AppContext, base_port: BasePort = None, retry_pause: Pause = 1.0) -> Result:
    """Start a system that keeps running; `--profile sandbox` leads to it."""
    from shema_cli.sandbox import lifecycle

    return lifecycle.start(app.settings, app.state, app.person, base_port=base_port, pause_s=retry_pause)


@command(
    group,
    "stop",
    access=Access.OPEN,
    any_profile=True,
    examples=(Example("Take it down", "shema sandbox stop", needs=OWN),),
    see_also=("sandbox start",),
)
def stop(app: AppContext) -> Result:
    """Stop it; nothing of it is left."""
    from shema_cli.sandbox import lifecycle

    return lifecycle.stop(app.state)


@command(
    group,
    "status",
    access=Access.OPEN,
    any_profile=True,
    view=views.status,
    examples=(Example("What runs, and what is broken on purpose", "shema sandbox status", needs=OWN),),
    see_also=("sandbox fault", "sandbox reset"),
)
def status(app: AppContext) -> SandboxStatus:
    """Its parts, what is wrong with them on purpose, and what went on."""
    from shema_cli.sandbox import lifecycle

    return lifecycle.status(app.state)


@command(
    group,
    "env",
    access=Access.OPEN,
    any_profile=True,
    examples=(Example("Lead this shell into it", 'eval "$(shema sandbox env)"', needs=OWN),),
    see_also=("sandbox start",),
)
def env(app: AppContext) -> Result | None:
    """Print the variables that lead another program into it, for `eval`."""
    from shema_cli.output.sink import Format
    from shema_cli.sandbox import lifecycle

    found = lifecycle.environment(app.state)
    if app.output.format is not Format.TABLE:
        return found
    for line in found.lines():  # whole, whatever the width of the terminal: they are to be copied
        app.output.write(f"{line}\n")
    return None


@command(
    group,
    "reset",
    access=Access.OPEN,
    any_profile=True,
    examples=(Example("Begin again", "shema sandbox reset", needs=OWN),),
    see_also=("sandbox fault",),
)
def reset(app: AppContext) -> Result:
    """Put its data back to the start and clear all faults."""
    from shema_cli.sandbox import lifecycle

    return lifecycle.reset(app.state)


@command(
    group,
    "fault",
    access=Access.OPEN,
    any_profile=True,
    examples=(
        Example("The course service is gone", "shema sandbox fault course --down", needs=OWN),
        Example(
            "It cannot handle approvals, so they become dead letters",
            "shema sandbox fault course --poison ENROLLMENT_APPROVED",
            needs=OWN,
        ),
        Example("It can look users up one by one alone", "shema sandbox fault user --no-lists", needs=OWN),
        Example("It answers, and has lost its subscriptions", "shema sandbox fault schedule --deaf", needs=OWN),
        Example("Nobody records what is published", "shema sandbox fault history --down", needs=OWN),
        Example("It is well again", "shema sandbox fault course --clear", needs=OWN),
        Example("All is well again", "shema sandbox fault all --clear", needs=OWN),
    ),
    see_also=("sandbox status", "sandbox reset"),
)
def fault(
    app: AppContext,
    service: Annotated[
        str,
        Argument("SERVICE", completes=_faulty, help="A service, redis, firebase, history, or all."),
    ],
    down: Annotated[bool, Option("--down", help="It is gone: refuses connections, hears nothing.")] = False,
    deaf: Annotated[bool, Option("--deaf", help="It answers, and hears nothing: its subscriptions are lost.")] = False,
    latency: Annotated[int | None, Option("--latency", value="MS", min=0, help="It answers that much later.")] = None,
    error_rate: Annotated[
        float | None, Option("--error-rate", value="P", min=0, max=1, help="That share is a 500.")
    ] = None,
    garbage: Annotated[bool, Option("--garbage", help="It answers HTML instead of JSON.")] = False,
    hang: Annotated[bool, Option("--hang", help="It takes connections and never answers.")] = False,
    no_lists: Annotated[
        bool, Option("--no-lists", help="It offers no lists: 404 for those of users or courses.")
    ] = False,
    poison: Annotated[
        list[str] | None,
        Option("--poison", value="EVENT_TYPE", completes=_event_types, help="It fails at these events."),
    ] = None,
    clear: Annotated[bool, Option("--clear", help="All of it is well again.")] = False,
) -> Result:
    """Make something go wrong, or right again."""
    from shema_cli.sandbox import lifecycle
    from shema_cli.sandbox.system.faults import wanted_fault

    given = {"down": down, "deaf": deaf, "hang": hang, "garbage": garbage, "no_lists": no_lists, "poison": poison}
    wanted = wanted_fault(service, {**given, "latency_ms": latency, "error_rate": error_rate}, clear)
    return lifecycle.set_fault(app.state, service, wanted)


@command(
    group,
    "traffic",
    access=Access.OPEN,
    any_profile=True,
    examples=(
        Example("Twenty events a second, for a minute", "shema sandbox traffic --rate 20 --for 1m", needs=OWN),
        Example("The same life again", "shema sandbox traffic --seed 7", needs=OWN),
    ),
    see_also=("events tail", "chat tail"),
)
def traffic(
    app: AppContext,
    rate: Annotated[float, Option("--rate", value="N", min=0.01, max=5000, help="Events a second.")] = 5.0,
    duration: For = None,
    seed: Annotated[int, Option("--seed", value="S", help="The same life for the same number.")] = 1,
) -> ExitCode:
    """Let it live: enrollments, bookings, conversations, attendance, profile edits. Ctrl-C ends it."""
    from shema_cli.sandbox import lifecycle

    code = ExitCode.DONE
    for report in lifecycle.traffic(app.state, rate, duration, seed):
        app.output.record(report)
        code = report.exit_code
    return code


@command(
    group,
    "drill",
    access=Access.OPEN,
    any_profile=True,
    view=views.drill,
    examples=(
        Example("What can be practised", "shema sandbox drill"),
        Example("Have it go wrong", "shema sandbox drill dead-letters", needs=OWN),
        Example("Is it solved?", "shema sandbox drill --check", needs=OWN),
        Example("Only the next step", "shema sandbox drill --hint", needs=OWN),
        Example("Enough of it", "shema sandbox drill --stop", needs=OWN),
    ),
    exits={0: "it is staged, listed, or solved", 1: "it is not solved yet"},
    see_also=("runbook", "status", "sandbox start", "sandbox fault"),
)
def drill(
    app: AppContext,
    name: Annotated[
        str | None, Argument("[NAME]", completes=_drills, help="Which one; all are listed without it.")
    ] = None,
    check: Annotated[
        bool, Option("--check", help="Say whether the one that is staged is solved, and what remains.")
    ] = False,
    hint: Annotated[bool, Option("--hint", help="Say its next step.")] = False,
    stop: Annotated[bool, Option("--stop", help="End it: the sandbox is as at the start again.")] = False,
    yes: Yes = False,
) -> DrillResult:
    """Practise a case of the runbook: have it go wrong in the sandbox, solve it, and be told whether it is solved.

    Staging begins with a sandbox as at the start: what was done in it before is gone.
    """
    from shema_cli.sandbox.drill import play

    wish = play.wish_of(name, check=check, hint=hint, stop=stop)
    return play.perform(app.state, app.settings, app.clock, app.person, name, wish, yes=yes)


@command(
    group,
    "tour",
    access=Access.OPEN,
    any_profile=True,
    examples=(Example("See what it can do, step by step", "shema sandbox tour", needs=OWN),),
    see_also=("sandbox run", "sandbox start"),
)
def tour(
    app: AppContext,
    auto: Annotated[bool, Option("--auto", help="Play it without waiting for Enter.")] = False,
) -> Result | ExitCode:
    """Six minutes through it: a service going down, a decision, a replay, and what a service missed."""
    from shema_cli.output.sink import Format
    from shema_cli.sandbox.extra import need_extra

    need_extra()
    from shema_cli.sandbox.tour.play import play

    seen = play(app.output, app.person, auto=auto)
    return seen.exit_code if app.output.format is Format.TABLE else seen
