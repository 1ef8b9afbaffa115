"""Cases of the session, of what is refused, and of the audit trail."""

from __future__ import annotations

from shema_cli.cases.model import Case, Step
from shema_cli.condition.problems import Kind

SESSION_LOST = Case(
    "session-lost",
    "The session is lost",
    "Exit code 4.",
    (
        Step(
            "Find out which it is: signed out, ended, revoked, disabled, or no admin any more.",
            "shema auth status --online",
            "What it says decides which of the next steps is yours.",
        ),
        Step(
            "It outranks the session: `unset SHEMA_ID_TOKEN`.",
            only_if="`SHEMA_ID_TOKEN` is set and old",
        ),
        Step(
            "Sign in.",
            "shema auth login",
            "Signed in, exit code 0.",
            "you are signed out, or the session has ended",
        ),
        Step(
            "Another admin runs `shema admins grant EMAIL`; then sign in again, because the claim is in the token.",
            only_if="you are no admin any more",
        ),
        Step(
            "See whether this machine's clock is off.",
            "shema doctor",
            "The line about the clock: the case `clock-off`.",
            "the token is not valid *yet*, or is used too early",
        ),
        Step(
            "Revoke the sessions of the account on all machines; from another one where you are signed in, with a "
            "service account's key.",
            "shema auth logout --everywhere",
            "Changes are refused on the other machine at once; reading ends with the ID token, within the hour.",
            "a machine was lost or stolen",
        ),
    ),
    (Kind.SESSION_UNKNOWN, Kind.SESSION_ENDS),
    meanwhile=(
        "A run that was under way when the session ended stops before its next batch, within seconds: Firebase is "
        "asked again and again while it lasts. What it did is whole and audited; what it did not come to is told "
        "(`not_done`) and is still there."
    ),
    read=("auth.md",),
)

REFUSED = Case(
    "refused",
    "A command is refused where it would act",
    "Exit code 5 with `mixed_target`, `emulator_target` or `read_only`; or a warning `mixed target` where something "
    "is only read. Nothing was done.",
    (
        Step(
            "See each value with its source, and the target below.",
            "shema config show",
            "A Redis, service or Firebase project that comes from elsewhere than the profile in force.",
        ),
        Step("Find out what is wrong with the target.", "shema doctor"),
        Step(
            "Unset the variable, take it out of the `.env`, or choose the profile that is meant with `--profile "
            "NAME`. Only when you want exactly that mixture: `--allow-mixed-target`, which the trail shows by the "
            "address of Redis.",
            only_if="it says `mixed_target`",
        ),
        Step(
            "You are signed in at an emulator, and Redis or a service is on another machine. `unset "
            "FIREBASE_AUTH_EMULATOR_HOST`, and sign in to the real project: `shema auth login`.",
            only_if="it says `emulator_target`",
        ),
        Step(
            "The profile, `SHEMA_READ_ONLY` or `--read-only` says so. `--dry-run` shows what would be done.",
            only_if="it says `read_only`",
        ),
    ),
    (Kind.TARGET_MIXED, Kind.TARGET_EMULATED),
    read=("everyday.md",),
)

TRAIL_BROKEN = Case(
    "trail-broken",
    "The trail is not whole",
    "`shema audit verify` exits 1; a command warns that the trail is not the one that this machine has seen; a "
    "change is refused with `audit_unwritable`.",
    (
        Step(
            "Have all of it proved: it names each entry, decision and run that is wrong, and what it compared it with.",
            "shema audit verify",
            "`there is no trail`, `is gone`, `another entry`: Redis was emptied, restored from a snapshot, or "
            "another server stands under the same address.",
        ),
        Step(
            "See whether it is the right Redis.",
            "shema config show",
            "`REDIS_URL` and where it came from.",
        ),
        Step(
            "See whether it keeps what it is given.",
            "shema doctor",
            "Persistence: a server that keeps nothing on disk begins anew with each start.",
        ),
        Step("Ask another admin to run `shema audit verify`, and compare with the copy that is kept elsewhere."),
        Step("Keep what there is: `shema audit list --json > evidence.json`."),
        Step(
            "Find out who writes to `{shema}:audit`, or stands under that key (`ACL LOG`, `CLIENT LIST`), and take "
            "the right from them.",
            only_if="somebody else writes to it",
        ),
        Step(
            "Nothing was done, and the hint says how to make room under the key. Then run the command again.",
            only_if="it says `audit_unwritable`",
        ),
        Step(
            "Have this machine forget what it saw earlier; the same on each other machine.",
            "shema audit verify --accept",
            only_if="the trail was begun anew or restored, on purpose",
        ),
    ),
    (Kind.TRAIL_DIFFERS,),
    never=("Mend entries by hand. Each is hashed into the next one, and what was mended is found as changed.",),
    read=("audit.md",),
)
