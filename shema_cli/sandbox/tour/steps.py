"""The steps of `shema sandbox tour`: what to type, and what it shows."""

from __future__ import annotations

from shema_cli.frozen import dataclass
from shema_cli.sandbox.school.data import School


@dataclass(frozen=True)
class TourStep:
    """`commands` are lines for a shell, and `codes` how they may end.

    `beside` runs in the background meanwhile and is waited for. `buries` is how many dead letters the step makes.
    """

    title: str
    says: str
    commands: tuple[str, ...]
    codes: tuple[int, ...] = (0,)
    beside: str = ""
    buries: int = 0


def steps(school: School) -> list[TourStep]:
    """With ids of this school: three students who wait for a course that still has seats."""
    first, second, third = (enrollment["id"] for enrollment in school.waiting()[:3])
    return [*_LOOKING, *_deciding(first, second), *_REPLAYING, *_resending(third), *_LOOKING_BACK]


def _deciding(first: str, second: str) -> tuple[TourStep, ...]:
    return (
        TourStep(
            "Who waits for a decision",
            "Students have applied; an admin decides.",
            ("shema enrollments list --status pending --limit 5",),
        ),
        TourStep(
            "Approve one",
            "The decision is published as an event. The enrollment service hears it and changes its state, the "
            "schedule service plans a first lesson, the course service gives a seat away.",
            (f"shema enrollments approve {first} --yes", f"shema enrollments show {first}"),
        ),
        TourStep(
            "An event that cannot be handled",
            "The schedule service now fails at every approval. It tries three times, then the event goes to the dead "
            "letters: nothing is lost.",
            ("shema sandbox fault schedule --poison ENROLLMENT_APPROVED", f"shema enrollments approve {second} --yes"),
            buries=1,
        ),
    )


def _resending(third: str) -> tuple[TourStep, ...]:
    return (
        TourStep(
            "A service that hears nothing",
            "The schedule service is down while a student is approved. The approval says who was not there. Pub/Sub "
            "keeps nothing: this event never reaches it, and no dead letter tells of that.",
            (
                "shema sandbox fault schedule --down",
                f"shema enrollments approve {third} --yes",
                "shema sandbox fault schedule --clear",
            ),
        ),
        TourStep(
            "What it missed",
            "A recorder keeps the history of all that is published, and of who was there: here the sandbox's own, "
            "elsewhere `shema events record`. The exit code is 1: something was missed.",
            ("shema events missed schedule",),
            (1,),
        ),
        TourStep(
            "Send it again",
            "The event goes out again, byte for byte, and once only for this service. The tail in the background shows "
            "the lesson that is planned at last.",
            ("shema events resend --missed-by schedule --yes",),
            beside="shema events tail schedule.created --limit 1 --for 20s",
        ),
    )


_LOOKING = (
    TourStep(
        "The school at a glance",
        "Five services are asked at the same time. Each number says where it came from and how old it is.",
        ("shema dashboard",),
    ),
    TourStep(
        "A service goes down",
        "The user service is gone. Its number is the last good one, marked stale, and the exit code is 1: a script "
        "sees that something is missing, a person still sees the school.",
        ("shema sandbox fault user --down", "shema dashboard"),
        (0, 1),
    ),
    TourStep(
        "And comes back",
        "Calls were tried three times each; after five failures in a row a circuit would have opened for a minute.",
        ("shema sandbox fault user --clear", "shema services health user"),
    ),
)
_REPLAYING = (
    TourStep(
        "The dead letters",
        "Thirteen now: a dozen that were there, two of them invalid, and the newest one on top.",
        ("shema dlq list --limit 3", "shema dlq stats"),
    ),
    TourStep(
        "Replay it, and watch",
        "The fault is cleared. A tail in the background shows the event that the replay publishes again, byte for "
        "byte, and the lesson that follows from it.",
        ("shema sandbox fault schedule --clear", "shema dlq replay --error poison --yes"),
        beside="shema events tail 'enrollment.*' 'schedule.*' --limit 2 --for 20s",
    ),
)
_LOOKING_BACK = (
    TourStep(
        "Who did what",
        "Every change is in the audit trail, chained by hashes.",
        ("shema audit list", "shema audit verify"),
    ),
    TourStep(
        "All parts of the sandbox",
        "What ran, what it published and handled, and what went wrong on purpose.",
        ("shema sandbox status",),
    ),
)
ON_ONE_SCREEN = TourStep(
    "All of it on one screen",
    "The console shows all of this, asked again and again; each of its keys is a command line. `?` tells the keys, `q` "
    "leaves.",
    ("shema ui",),
)
"""Where somebody sits at a terminal and the console is installed."""
