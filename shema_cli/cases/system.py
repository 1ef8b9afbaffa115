"""Cases of the services, of Redis and of this machine."""

from __future__ import annotations

from shema_cli.cases.model import Case, Step
from shema_cli.condition.problems import Kind

SERVICE_DOWN = Case(
    "service-down",
    "A service is down",
    "`shema status` says that a service is down, slow, answers wrongly or is not called; the dashboard shows its "
    "number as stale or unavailable; commands that need it exit 3.",
    (
        Step(
            "Have every instance asked: which of them fail, and why. One that hangs says for how long it is waited "
            "for still.",
            "shema services health SERVICE",
            "`circuit open`: it was given up a moment ago and is tried again within 60 s.",
        ),
        Step(
            "See where it is looked for.",
            "shema services list",
            "Is the URL right, and has its registration expired? An instance whose registration has expired is not "
            "called.",
        ),
        Step(
            "Ask one instance by hand; every attempt is told with its request id.",
            "shema api -v SERVICE /health",
            "The status and the body of the answer. The request id stands in the service's own log.",
        ),
        Step(
            "Mend it or start it again, where it runs: its unit, its container, its log.",
            look_for="Its own log says that it listens and has subscribed to Redis.",
        ),
        Step(
            "Have it called at once instead of at the end of the 60 s.",
            "shema services reset SERVICE",
            only_if="its circuit is still open",
        ),
        Step(
            "Wait until it answers, for a minute at most.",
            "shema services health --wait 60 SERVICE",
            "Every instance is healthy, exit code 0.",
        ),
        Step(
            "See what was published while it was away. That is in no list of dead letters, because the service "
            "never got it.",
            "shema events missed --since 2h SERVICE",
            "Exit code 1: it missed something, which is the case `missed`.",
            "a recorder was running",
        ),
        Step(
            "See what others gave up meanwhile because they needed it.",
            "shema dlq stats --since 2h",
            "Errors that name it: the case `dead-letters`.",
        ),
    ),
    (
        Kind.SERVICE_DOWN,
        Kind.NO_INSTANCE,
        Kind.PARTLY_DOWN,
        Kind.CIRCUIT_OPEN,
        Kind.ANSWERS_WRONGLY,
        Kind.SERVICE_SLOW,
    ),
    meanwhile=(
        "Other commands go on: the dashboard shows the last good number with its age. While the **course** service is "
        "down nothing is approved for its courses; wait, or, knowing the seats, `--skip-capacity-check`."
    ),
    read=("services.md", "history.md"),
)

SERVICE_REFUSES = Case(
    "service-refuses",
    "A service refuses our token",
    "`shema status` says that a service refuses our service token; calls to it end with 401 or 403.",
    (
        Step(
            "See whether a clock is off: a service token is good for five minutes.",
            "shema doctor",
            "The lines `redis: clock` and `sign-in: firebase`: whether their clocks and this one agree.",
        ),
        Step(
            "See which secret is used, and where it comes from. It is masked.",
            "shema config show",
            "The source of `SERVICE_JWT_SECRET`: the environment or a `.env` outranks the profile.",
        ),
        Step(
            "Compare it with the secret that the service was started with, and set the right one: `shema config set "
            "SERVICE_JWT_SECRET -` reads it from stdin. After a change of the secret every service is started "
            "again.",
        ),
        Step(
            "Call something that takes a token.",
            "shema dashboard",
            "Every number is live. `answered 401`: the secret is still another one.",
        ),
    ),
    (Kind.REFUSES_US,),
    read=("services.md",),
)

REGISTRATION_STALE = Case(
    "registration-stale",
    "A registration is stale",
    "`shema status` says that registrations have expired or cannot be understood. What is expired is not called.",
    (
        Step(
            "See what is registered, until when, and what is configured besides.",
            "shema services list",
            "An instance that has moved stands twice: with its old URL, expired, and with its new one.",
        ),
        Step(
            "See whether the service answers without it.",
            "shema services health SERVICE",
            "Nobody answers: the case `service-down`.",
        ),
        Step(
            "Where the instance runs, it has stopped renewing its registration: start it again. What cannot be "
            "understood is written by the service itself, and mended there.",
            only_if="the instance is still there",
        ),
        Step(
            "Take the registration away.",
            "shema services deregister SERVICE URL",
            "It is refused where another has it by now; it is audited.",
            "the instance is gone for good",
        ),
    ),
    (Kind.REGISTRATION_EXPIRED, Kind.REGISTRATION_BAD),
    read=("services.md",),
)

REDIS_AWAY = Case(
    "redis-away",
    "Redis is away",
    "Exit code 3 from events, dead letters and decisions; the dashboard goes on without. Or it answers and refuses: "
    "it is a replica, full, or grants too few rights.",
    (
        Step(
            "Find out what is the matter with it: version, topology, rights, persistence.",
            "shema doctor",
            "`READONLY` or a replica: point `REDIS_URL` at the primary, or use `redis+sentinel://`. Rights: it "
            "prints the line that is missing.",
        ),
        Step(
            "See whether it is the right Redis.",
            "shema config show",
            "`REDIS_URL` and where it came from.",
        ),
        Step(
            "Mend it or start it again, where it runs: memory, disk, its log, the network between.",
        ),
        Step(
            "Take back what a run held that died with it.",
            "shema dlq recover",
            "How many entries are in the list again.",
            "a replay or a discard was under way",
        ),
        Step(
            "Prove the audit trail.",
            "shema audit verify",
            "Exit code 1: the case `trail-broken`. A server that keeps nothing on disk (doctor says so) has lost "
            "what was in it.",
        ),
        Step(
            "See whether the services have subscribed again, and whether somebody records.",
            "shema check listeners history",
            "Nobody listens: the case `nobody-hears`. No recorder: the case `history-gap`.",
        ),
    ),
    (Kind.REDIS_AWAY, Kind.REDIS_REFUSES, Kind.REDIS_REPLICA, Kind.REDIS_SLOW, Kind.NOT_SEEN),
    read=("redis.md",),
)

CUT_OFF = Case(
    "cut-off",
    "This machine reaches nothing",
    "Neither Redis nor any service answers, or Firebase does not; or something could not be asked for a reason on "
    "this machine.",
    (
        Step(
            "Find out what is wrong here and on the way.",
            "shema doctor",
            "Host and port of what does not answer, the setting that names it, and whether the name is not known, "
            "nothing listens, no route leads there, or the time was up.",
        ),
        Step(
            "See whether it is the system that is meant.",
            "shema config show",
            "The target at the end, and the source of each address.",
        ),
        Step(
            "Read what proxies and certificates do.",
            "shema help networks",
            only_if="it is about a proxy or a certificate",
        ),
        Step(
            "Look at the network, the VPN, the name server, the number of open files (`ulimit -n`), and try from "
            "another machine.",
            look_for="If nothing answers from there either, it is the system: tell whoever runs it.",
        ),
        Step(
            "See what answers by now.",
            "shema services health",
            "All are healthy, exit code 0.",
        ),
    ),
    (Kind.NOTHING_ANSWERS, Kind.NOT_ASKED, Kind.SERVICES_NOT_SEEN, Kind.FIREBASE_AWAY),
    meanwhile=(
        "While Firebase alone is away, reading goes on as long as the ID token holds, within the hour; nobody can sign "
        "in or change anything."
    ),
    read=("networks.md",),
)

CLOCK_OFF = Case(
    "clock-off",
    "A clock is off",
    "`shema status` says that a clock is ahead or behind; tokens are not valid yet, or have ended already.",
    (
        Step(
            "See whose clock it is, and by how much.",
            "shema doctor",
            "If Redis, Firebase and the services agree with each other, it is this machine's.",
        ),
        Step(
            "Set it: `timedatectl set-ntp true`, and `timedatectl` says `System clock synchronized: yes`. In a "
            "container it is the host's.",
        ),
        Step(
            "See whether the session holds now.",
            "shema auth status --online",
            "Exit code 0.",
        ),
    ),
    (Kind.OUR_CLOCK_OFF, Kind.CLOCK_OFF),
    never=("Sign in again and again: what is refused is the time in the token, not the account.",),
    drilled=False,
)

NOT_SET_UP = Case(
    "not-set-up",
    "Something is not set",
    "`shema status` says that Redis, a service or the secret of the services is not set: a new machine, a new "
    "profile, or a variable that got lost.",
    (
        Step(
            "See what is set, and where each value comes from.",
            "shema config show",
            "What has no value, and whether the profile in force (`SHEMA_PROFILE`) is the one that is meant.",
        ),
        Step(
            "See which profiles there are.",
            "shema config profiles",
            "The right one is used with `--profile NAME`, and by default after `shema config use NAME`.",
        ),
        Step(
            "Set what is missing: it asks for all that a profile needs, tries each answer at once, and writes "
            "nothing before the end.",
            "shema setup",
            "What failed when it was tried, and at the end what `shema status` says of it.",
        ),
        Step(
            "A single value: `shema config set REDIS_URL redis://…`, with `--profile NAME` for another "
            "profile; a secret is read from stdin, `shema config set SERVICE_JWT_SECRET -`.",
        ),
        Step(
            "Prove all of it.",
            "shema doctor",
            "No line fails, exit code 0.",
        ),
    ),
    (Kind.REDIS_NOT_SET, Kind.CANNOT_CALL, Kind.NO_SERVICE, Kind.NOT_CONFIGURED),
    read=("everyday.md",),
    drilled=False,
)
