"""What `shema help` shows: the topics, one topic, or a command's own help.

The text of a topic is made from the same tables as the behaviour.
"""

from __future__ import annotations

from collections.abc import Sequence

from shema_cli.cli.help_text import MEANING
from shema_cli.cli.options import CommonOptions, declared_by
from shema_cli.errors import InvalidUsage, NotFound
from shema_cli.frozen import dataclass
from shema_cli.help.suggest import close_to, did_you_mean
from shema_cli.results import Result, Table
from shema_cli.settings.values import CORE_SERVICES, SETTINGS, service_variable

TOPICS: dict[str, str] = {
    "exit-codes": "What each way of ending says to a script.",
    "output": "Tables, JSON, CSV, pipes, colour, paging and plain text.",
    "environment": "Every variable that is read.",
    "profiles": "Several environments, and care with the one that counts.",
    "networks": "Proxies, private certificates, and whose fault it is when nothing answers.",
    "events": "Channels, envelopes, and what Pub/Sub does not keep.",
}
JSON = "json"
"""No topic with a text: what follows it is a command (`json_schemas.py`)."""
ALL_TOPICS = TOPICS | {JSON: "The JSON Schema of what a command prints with -o json."}


@dataclass(frozen=True)
class Topics(Result):
    """The topics there are."""

    def document(self) -> dict[str, list[dict[str, str]]]:
        return {"topics": [{"name": name, "about": about} for name, about in ALL_TOPICS.items()]}

    def table(self) -> Table:
        return Table(("topic", "about"), list(ALL_TOPICS.items()))

    def notes(self) -> tuple[str, ...]:
        return ("`shema help TOPIC` shows one; `shema help COMMAND` is `shema COMMAND --help`",)


@dataclass(frozen=True)
class TopicText(Result):
    is_list = True

    topic: str
    text: str

    def document(self) -> dict[str, str]:
        return {"topic": self.topic, "text": self.text}

    def table(self) -> Table:
        return Table(("text",), [(line,) for line in self.text.rstrip("\n").split("\n")])


def read(words: Sequence[str]) -> Result:
    """The topics, the one that `words` name, or the help of a command.

    Raises NotFound, with what was probably meant, for what is neither, and InvalidUsage for an option that is none.
    """
    if option := next((word for word in words if word.startswith("-")), None):
        known = [name for one in declared_by(CommonOptions) for name in one.told.param_decls or ()]
        raise InvalidUsage("usage", f"No such option: {option}.{did_you_mean(option, known)}", "shema help --help")
    topic = " ".join(words)
    if not topic:
        return Topics()
    if topic in TOPICS:
        return TopicText(topic, topic_text(topic))
    from shema_cli.app import tree

    nodes = {node.path: node for node in tree().walk() if node.path}
    if topic not in nodes:
        meant = close_to(topic, [*ALL_TOPICS, *nodes])
        raise NotFound(
            "unknown_topic", f"there is no help on {topic!r}", f"shema help {meant}" if meant else "shema help"
        )
    return TopicText(topic, nodes[topic].help_text())


def topic_text(topic: str) -> str:
    """The whole text of a topic of `TOPICS`."""
    return _TEXTS[topic].strip().format(exit_codes=_exit_codes(), services=_services(), settings=_settings()) + "\n"


def _rows(rows: list[tuple[str, str]]) -> str:
    widest = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name.ljust(widest)}  {about}" for name, about in rows)


def _exit_codes() -> str:
    return _rows([(str(int(code)), meaning) for code, meaning in MEANING.items()])


def _services() -> str:
    return _rows([(service_variable(name), f"the {name} service") for name in CORE_SERVICES])


def _settings() -> str:
    return _rows([*SETTINGS.items(), *OTHER_VARIABLES.items()])


OTHER_VARIABLES: dict[str, str] = {
    "NO_COLOR": "anything: no colour",
    "CLICOLOR_FORCE": "1: colour also where there is no terminal",
    "TERM": "dumb, or not set: no colour, nothing moves",
    "COLUMNS": "the width to draw for, instead of the terminal's",
    "SHEMA_PLAIN": "1: no drawing characters and nothing that moves (screen readers, logs)",
    "SHEMA_PAGER": "the pager for long lists on a terminal, before PAGER; empty or cat: none",
    "PAGER": "the pager, when SHEMA_PAGER is not set (less -FRX when neither is)",
    "HTTPS_PROXY": "the proxy to Firebase and Google, before ALL_PROXY; also in lower case",
    "NO_PROXY": "names, addresses and ranges that are reached without it",
    "SSL_CERT_FILE": "the certificates to trust instead of the system's; SSL_CERT_DIR: a folder of them",
    "TRACEPARENT": "the trace (W3C) that all calls to services are to belong to; TRACESTATE goes with it",
    "SHEMA_DEBUG": "1: show where a fault came from",
}

_TEXTS: dict[str, str] = {
    "exit-codes": """
How a command ended is in its exit code, so that a script needs to read nothing else.

{exit_codes}

1 means that something was tried and at least a part of it did not work; the output says which part. 5 means that
nothing was changed at all, so that it is safe to look and to run it again. 3 is worth a retry by itself; 2, 4 and 5
are not. A reader that closes the pipe (`shema dlq list | head -3`) is success.

  shema services health || notify "a service is down"
  shema dlq replay --all --yes
  case $? in 0) ;; 5) echo "nobody hears" ;; *) exit 1 ;; esac

`shema COMMAND --help` lists the codes that the command can give, in its own words.
""",
    "output": """
The data goes to stdout, everything else (progress, warnings, hints, questions, logs) to stderr.

  -o table   on a terminal a table is drawn; in a pipe the same rows come separated by tabs, whole, without colour
  -o json    exactly one JSON document, also when it failed: {{"error": {{"code", "message", "hint"}}}}
  -o csv     a header and rows; a cell that a spreadsheet would run begins with an apostrophe
  --json     short for -o json

Streams (`events tail`, `chat tail`, `--watch`) print one object a line and flush it as it comes.

`shema help json COMMAND` prints the JSON Schema of what a command prints, `shema help json` the commands that have one.

  shema dlq list --json | jq -r '.entries[].id'
  shema help json dlq list > dlq-list.schema.json
  shema enrollments list --status pending -o csv > pending.csv

Times on a terminal are in the machine's time zone, with its offset (2026-01-31 15:00:00 +07:00); JSON, CSV and pipes
have UTC. --since and --until without an offset are the machine's time.

Text from outside is made safe before it is printed: control and escape sequences, bidirectional overrides. Only
`events tail --raw` and `api` give bytes as they came.

On a terminal, a list that is longer than the screen goes through the pager (SHEMA_PAGER, PAGER, else less -FRX); set
SHEMA_PAGER=cat to have none. In a pipe there never is one. NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured.
SHEMA_PLAIN=1 draws nothing: no lines, no symbols, nothing that moves.
""",
    "environment": """
A value is taken from the first of these that has it: a flag, the environment, `.env` in the working directory (or
--env-file), the profile in config.toml, the default. `shema config show` tells each value and where it came from.

The services, each with one base URL or several, separated by commas:

{services}

Any other <NAME>_SERVICE_URL adds a service of that name.

{settings}

Secrets belong in the environment, in `.env` or in a profile, never on the command line.

A `.env` of the working directory that says where a command acts is told in one line. SHEMA_STATE_DIR,
SHEMA_CONFIG_DIR, SHEMA_ID_TOKEN and SHEMA_CA_FILE in it are ignored; a file named with --env-file may set them.
""",
    "profiles": """
A profile is a table of config.toml (`shema config path` says where that is) with the settings of one environment:

  default_profile = "staging"

  [profiles.staging]
  REDIS_URL = "redis://staging:6379/0"
  ENROLLMENT_SERVICE_URL = [
    "http://enrollment-1:3007",
    "http://enrollment-2:3007",
  ]

  [profiles.production]
  REDIS_URL = "rediss://redis.school.example:6380/0"
  confirm = "type-name"
  color = "red"

  shema setup staging
  shema config set REDIS_URL redis://staging:6379/0 --profile staging
  shema config use staging
  shema --profile production dashboard

`confirm = "type-name"` asks for the profile's name, not for a y, before anything is changed there: --yes alone is
not enough, `--confirm production` is, and answers in a script. `color` is how its name is shown in those questions:
red, green, yellow, blue, magenta or cyan. `read_only = true` refuses whatever changes something, as --read-only and
SHEMA_READ_ONLY=1 do. Names of students are kept on this machine for five minutes; `names = false` keeps none.

Every question names the target, and --yes has it written before anything is changed:

  Target: live · redis cache:6380/0 · Firebase shema · dina@x.example

The environment and .env outrank a profile. Where one of them has another Redis, service or Firebase project than the
profile in force, the target is mixed: what reads warns, what changes something is refused (--allow-mixed-target).

Sessions are kept apart by Firebase project, so signing in to one environment signs in to no other.
""",
    "networks": """
What does not answer is told with host and port, the setting that names it, and the way out: whether the name is not
known, nothing listens, no route leads there, the certificate is not accepted, or the time was up. The words are the
same for services, Firebase and Redis.

Proxies. Firebase and Google are reached through HTTPS_PROXY, else ALL_PROXY (either case; the lower one counts
first). Services and Redis never are: a service token goes to the instance that it is meant for, or nowhere; nor is
anything that is on this machine. User and password may stand in the URL as they are. SOCKS is not spoken.

  HTTPS_PROXY=http://user:password@proxy.school.example:3128
  NO_PROXY=.school.example,10.0.0.0/8,fd07::/64,[::1],ca.example:8443

Certificates. Trusted are the system's (or those of SSL_CERT_FILE, SSL_CERT_DIR) and those of SHEMA_CA_FILE, which a
profile may set too, also as `ca`:

  [profiles.production]
  ca = "/etc/ssl/school-ca.pem"

Python 3.13 and later hold certificates to more rules than before. An authority needs keyUsage and a critical
basicConstraints, what it issues an authorityKeyIdentifier:

  openssl req -x509 -newkey rsa:3072 -nodes -subj "/CN=School CA" \\
    -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.pem
  echo "authorityKeyIdentifier=keyid" > ext
  echo "subjectAltName=DNS:redis.school.example" >> ext
  openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key \\
    -extfile ext -out server.pem

What goes wrong on this machine (no network, too few open files, a proxy setting that is none, a missing file of
certificates) is told as that: it counts against no circuit, is not tried again, and marks no service unhealthy.
""",
    "events": """
The services talk through Redis Pub/Sub. A channel is `domain.action` (enrollment.approved); what is published on it is
an envelope of five keys:

  {{"eventType": "ENROLLMENT_APPROVED", "eventId": "evt_...",
   "timestamp": "2026-01-31T08:00:00.000Z", "version": "1.0",
   "data": {{...}}}}

`shema events types` lists the channels and their data, `shema events schema CHANNEL` has the JSON Schema, `shema events
schema --asyncapi` all of them for AsyncAPI's tools. Chat is different: channel chat:session:<sessionId>, no envelope.

Pub/Sub keeps nothing. An event that nobody listens to is lost, so whatever publishes checks first: when no service
listens to that channel nothing is published or recorded, the outcome is `unheard` and the exit code 5
(--allow-unheard overrides). Tails of shema itself do not count as services.

A tail whose connection broke did not hear what was published meanwhile: it reconnects and prints a `gap`. One that
is too slow for the stream prints `skipped` with the count.

Where a recorder runs (shema events record), what was published is kept for a week: `shema events history --since 1h`
shows it, filtered like a tail. A time that nobody recorded, and what is older than what is kept, stands there as a
`gap`, so that "not recorded" is never taken for "did not happen". `shema events tail --since 1h` goes on from there
with what is published now, each message once; and a tail whose connection broke fills its `gap` from the history.

What was published while a service was away is no dead letter, for it never got there: `shema events missed SERVICE`
tells it from the history, and says of which times nothing is known.

An event that a service could not handle three times is a dead letter: `shema dlq list`.
""",
}
