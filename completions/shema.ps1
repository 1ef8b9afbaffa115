# PowerShell completion for shema, written by `shema completions show powershell`; do not edit.
#
# Commands, flags and choices are in this file, so that TAB starts nothing. Only values that live (ids, channels,
# services, profiles, sessions) are asked of `shema _complete`, which answers from a short cache or gives up.

# The words so far without options → the words and flags that may follow, with their help; the arguments' ways. Where no
# more is told, the flags stay.
$script:ShemaPlaces = @{
    '' = @{ Sub = @("dashboard`tShow the five numbers of the school, and where each came from", "enrollments`tRead and decide on enrollments", "courses`tThe courses, their seats, and who waits", "find`tFind people, enrollments, chat sessions and events by a name or by...", "chat`tRead conversations as they happen", "users`tLook users up", "events`tWatch and publish events", "dlq`tInspect and replay dead letters", "trace`tTell what became of somebody or something: one story out of service...", "status`tSay what is wrong now, worst first, with its cause and the next com...", "runbook`tGo through what is to be done about what is wrong, step by step: ea...", "check`tLook at the system for a monitor: ok, warning, critical or unknown,...", "ui`tWork on one screen: what is wrong, who waits, what failed; deciding...", "services`tThe services, their instances and their health", "api`tMake an authenticated call to a service and print its answer as it...", "tokens`tIssue and verify service tokens", "audit`tWho did what, and proof that nothing was altered", "setup`tSet up a profile: what it needs is asked for, tried at once, and wr...", "auth`tSign in and out", "admins`tWho is an admin", "config`tSettings and profiles", "completions`tComplete commands and ids with TAB", "doctor`tLook at settings, files, sign-in, Redis, services and this terminal...", "sandbox`tThe whole system on this machine", "help`tRead about exit codes, output, settings, profiles or events, a comm..."); Flags = @("--version`tPrint the version and exit", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'dashboard' = @{ Sub = @(); Flags = @("--watch`tAsk again every SECONDS (5 when not given)", "--until`tWatch until it is healthy or degraded", "--wait`tWith --until: wait at most this long", "--max-stale`tShow no number that is older than this", "--bell`tWith --watch: ring when something turns worse", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'enrollments' = @{ Sub = @("list`tList enrollments, with the seats of their courses and the decisions...", "show`tShow one enrollment and the decision on it", "approve`tApprove enrollments: each is published, recorded and audited in one...", "reject`tReject enrollments, with a reason: each is published, recorded and...", "review`tGo through the pending enrollments one by one, and decide on all at..."); Flags = @("-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'enrollments list' = @{ Sub = @(); Flags = @("--status`tOnly enrollments of this status", "--course`tOnly enrollments into this course", "--limit`tAt most so many; all when not given", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'enrollments show' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@enrollments') }
    'enrollments approve' = @{ Sub = @(); Flags = @("--ids-file`tRead ids from FILE, one a line; - for stdin", "--all-pending`tEvery pending enrollment", "--status`tOnly enrollments of this status", "--course`tOnly enrollments into this course", "--reason`tWhy, for the record", "--skip-capacity-check`tDo not ask whether there are seats left", "--student-id`tTake this as the student; do not look the enrollment up", "--allow-unheard`tPublish although no service listens", "--require-listeners`tPublish only if every service that has declared the channel listens", "--republish`tPublish a standing decision again", "--wait`tWait until the service has taken it up", "--dry-run`tSay what would be done, and change nothing", "-y`tDo not ask", "--yes`tDo not ask", "--allow-mixed-target`tAct although another source outranks the profile", "--confirm`tAnswer the question of a protected profile with its name", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@enrollments...') }
    'enrollments reject' = @{ Sub = @(); Flags = @("--ids-file`tRead ids from FILE, one a line; - for stdin", "--all-pending`tEvery pending enrollment", "--status`tOnly enrollments of this status", "--course`tOnly enrollments into this course", "--reason`tWhy; it goes out with the event", "--student-id`tTake this as the student; do not look the enrollment up", "--allow-unheard`tPublish although no service listens", "--require-listeners`tPublish only if every service that has declared the channel listens", "--republish`tPublish a standing decision again", "--wait`tWait until the service has taken it up", "--dry-run`tSay what would be done, and change nothing", "-y`tDo not ask", "--yes`tDo not ask", "--allow-mixed-target`tAct although another source outranks the profile", "--confirm`tAnswer the question of a protected profile with its name", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@enrollments...') }
    'enrollments review' = @{ Sub = @(); Flags = @("--course`tOnly enrollments into this course", "--limit`tAt most so many; all when not given", "--skip-capacity-check`tDo not ask whether there are seats left", "--allow-unheard`tPublish although no service listens", "--require-listeners`tPublish only if every service that has declared the channel listens", "--wait`tWait until the service has taken it up", "--dry-run`tSay what would be done, and change nothing", "-y`tDo not ask", "--yes`tDo not ask", "--allow-mixed-target`tAct although another source outranks the profile", "--confirm`tAnswer the question of a protected profile with its name", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'courses' = @{ Sub = @("list`tList the courses with level, seats, and how many wait for one", "show`tShow one course, its seats, and how many wait for one"); Flags = @("-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'courses list' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'courses show' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@courses') }
    'find' = @{ Sub = @(); Flags = @("--limit`tSo many of each kind", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@people...') }
    'chat' = @{ Sub = @("tail`tWatch the conversations: who says what"); Flags = @("-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'chat tail' = @{ Sub = @(); Flags = @("--grep`tOnly what this matches, as it came or as it is shown", "--since`tFrom: a duration ago (2h, 3d) or an ISO time, local without offset", "--limit`tStop after so many messages", "--for`tStop after this time", "--idle-exit`tStop when nothing came for so long", "--raw`tPrint the messages' bytes as they came", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@sessions...') }
    'users' = @{ Sub = @("show`tShow the user with this address; the answer is kept for 300 s, shar..."); Flags = @("-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'users show' = @{ Sub = @(); Flags = @("--fresh`tAsk the user service even if the cache knows", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('?') }
    'events' = @{ Sub = @("types`tList the events of the system, their versions and their fields", "schema`tPrint the JSON Schema of all that is published on a channel, envelo...", "listeners`tList who listens to which channel, and which service has declared t...", "publish`tPublish an event after checking it against the catalogue", "record`tRecord all that is published, for as long as this runs", "tail`tWatch events and chat as they are published", "history`tShow what was published, and when nobody recorded it, oldest first", "missed`tTell what was published while a service was not there, from the his...", "resend`tPublish events of the history again, oldest first, byte for byte, e..."); Flags = @("-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'events types' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'events schema' = @{ Sub = @(); Flags = @("--asyncapi`tAs an AsyncAPI 3.0 document, in JSON: of all channels where none is...", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels') }
    'events listeners' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels...') }
    'events publish' = @{ Sub = @(); Flags = @("--data`tThe event's data: JSON, @FILE, or - for stdin", "--event-version`t1.0, or 1.1 to add fields", "--allow-unheard`tPublish although no service listens", "--require-listeners`tPublish only if every service that has declared the channel listens", "--dry-run`tSay what would be done, and change nothing", "-y`tDo not ask", "--yes`tDo not ask", "--allow-mixed-target`tAct although another source outranks the profile", "--confirm`tAnswer the question of a protected profile with its name", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels') }
    'events record' = @{ Sub = @(); Flags = @("--retain`tHow long to keep what was published: 12h, 7d, 30d", "--max-bytes`tKeep at most so much, such as 500MB: the oldest goes first", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'events tail' = @{ Sub = @(); Flags = @("--type`tOnly this event type or channel; * matches any text", "--where`tOnly where data.courseId=c1 holds; repeatable, all must", "--grep`tOnly what this matches, as it came or as it is shown", "--session`tOnly this chat session", "--since`tFrom: a duration ago (2h, 3d) or an ISO time, local without offset", "--limit`tStop after so many messages", "--for`tStop after this time", "--idle-exit`tStop when nothing came for so long", "--raw`tPrint the messages' bytes as they came", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels...') }
    'events history' = @{ Sub = @(); Flags = @("--type`tOnly this event type or channel; * matches any text", "--where`tOnly where data.courseId=c1 holds; repeatable, all must", "--grep`tOnly what this matches, as it came or as it is shown", "--session`tOnly this chat session", "--since`tFrom: a duration ago (2h, 3d) or an ISO time, local without offset", "--until`tTo: a duration ago or an ISO time", "--limit`tAt most so many, the oldest first", "--raw`tPrint the messages' bytes as they came", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels...') }
    'events missed' = @{ Sub = @(); Flags = @("--channel`tWhat it listens to, if not what it has declared; repeatable", "--since`tFrom: a duration ago (2h, 3d) or an ISO time, local without offset", "--until`tTo: a duration ago or an ISO time", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@services') }
    'events resend' = @{ Sub = @(); Flags = @("--ids-file`tRead ids from FILE, one a line; - for stdin", "--missed-by`tWhat this service missed (shema events missed)", "--since`tFrom: a duration ago (2h, 3d) or an ISO time, local without offset", "--until`tTo: a duration ago or an ISO time", "--channel`tWhat it listens to, if not what it has declared; repeatable", "--force`tResend also what was resent already", "--limit`tAt most so many, the oldest first", "--rate`tAt most so many a second", "--canary`tTry so many first, and wait", "--verify`tWatch so long for events to come back", "--allow-unheard`tPublish although no service listens", "--require-listeners`tPublish only if every service that has declared the channel listens", "--dry-run`tSay what would be done, and change nothing", "-y`tDo not ask", "--yes`tDo not ask", "--allow-mixed-target`tAct although another source outranks the profile", "--confirm`tAnswer the question of a protected profile with its name", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('?...') }
    'dlq' = @{ Sub = @("list`tList dead letters, newest first", "show`tShow one dead letter: the event, the error, where it would go and w...", "stats`tCount dead letters by type and by family of errors", "ack`tSay that a family of errors is known: it is left out of status and...", "unack`tTake back that a family of errors is known", "replay`tPublish dead letters again, oldest first, each exactly once", "discard`tTake dead letters out of the list for good; an export of them is wr...", "export`tWrite dead letters, byte for byte, to a file of JSON lines or into...", "import`tPut exported dead letters back; those that are in the list already...", "recover`tTake back at once what runs that died still held", "runs`tList the replays, discards, imports and resends that are under way,...", "triage`tGo through the families of dead letters, worst first; replay, edit,..."); Flags = @("-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'dlq list' = @{ Sub = @(); Flags = @("--type`tEvent type or channel; * matches any text", "--error`tText that the error contains", "--fingerprint`tA family of errors (shema dlq stats)", "--since`tFrom: a duration ago (2h, 3d) or an ISO time, local without offset", "--until`tTo: a duration ago or an ISO time", "--where`tOnly where data.courseId=c1 holds; repeatable, all must", "--invalid`tOnly entries that cannot be replayed", "--limit`tAt most so many, the newest first", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'dlq show' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@dead-letters') }
    'dlq stats' = @{ Sub = @(); Flags = @("--type`tEvent type or channel; * matches any text", "--error`tText that the error contains", "--fingerprint`tA family of errors (shema dlq stats)", "--since`tFrom: a duration ago (2h, 3d) or an ISO time, local without offset", "--until`tTo: a duration ago or an ISO time", "--where`tOnly where data.courseId=c1 holds; repeatable, all must", "--invalid`tOnly entries that cannot be replayed", "--limit`tAt most so many families of errors", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'dlq ack' = @{ Sub = @(); Flags = @("--note`tWhat is known of it, for the others", "--until`tFor how long: a duration from now (2h, 3d) or an ISO time", "--dry-run`tSay what would be done, and change nothing", "-y`tDo not ask", "--yes`tDo not ask", "--allow-mixed-target`tAct although another source outranks the profile", "--confirm`tAnswer the question of a protected profile with its name", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@fingerprints') }
    'dlq unack' = @{ Sub = @(); Flags = @("--dry-run`tSay what would be done, and change nothing", "-y`tDo not ask", "--yes`tDo not ask", "--allow-mixed-target`tAct although another source outranks the profile", "--confirm`tAnswer the question of a protected profile with its name", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@acknowledged') }
    'dlq replay' = @{ Sub = @(); Flags = @("--ids-file`tRead ids from FILE, one a line; - for stdin", "--all`tAll entries that there are now", "--type`tEvent type or channel; * matches any text", "--error`tText that the error contains", "--fingerprint`tA family of errors (shema dlq stats)", "--since`tFrom: a duration ago (2h, 3d) or an ISO time, local without offset", "--until`tTo: a duration ago or an ISO time", "--where`tOnly where data.courseId=c1 holds; repeatable, all must", "--invalid`tOnly entries that cannot be replayed", "--max-replays`tPass over events replayed so often", "--force`tReplay them however often they were", "--each`tPublish an event once for each of its entries, and not once for all", "--edit`tEdit the one event in `$VISUAL or `$EDITOR first", "--limit`tAt most so many, the oldest first", "--rate`tAt most so many a second", "--canary`tTry so many first, and wait", "--verify`tWatch so long for events to come back", "--allow-unheard`tPublish although no service listens", "--require-listeners`tPublish only if every service that has declared the channel listens", "--dry-run`tSay what would be done, and change nothing", "-y`tDo not ask", "--yes`tDo not ask", "--allow-mixed-target`tAct although another source outranks the profile", "--confirm`tAnswer the question of a protected profile with its name", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@dead-letters...') }
    'dlq discard' = @{ Sub = @(); Flags = @("--ids-file`tRead ids from FILE, one a line; - for stdin", "--all`tAll entries that there are now", "--type`tEvent type or channel; * matches any text", "--error`tText that the error contains", "--fingerprint`tA family of errors (shema dlq stats)", "--since`tFrom: a duration ago (2h, 3d) or an ISO time, local without offset", "--until`tTo: a duration ago or an ISO time", "--where`tOnly where data.courseId=c1 holds; repeatable, all must", "--invalid`tOnly entries that cannot be replayed", "--limit`tAt most so many, the oldest first", "--export`tWhere the export goes", "--dry-run`tSay what would be done, and change nothing", "-y`tDo not ask", "--yes`tDo not ask", "--allow-mixed-target`tAct although another source outranks the profile", "--confirm`tAnswer the question of a protected profile with its name", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@dead-letters...') }
    'dlq export' = @{ Sub = @(); Flags = @("--ids-file`tRead ids from FILE, one a line; - for stdin", "--type`tEvent type or channel; * matches any text", "--error`tText that the error contains", "--fingerprint`tA family of errors (shema dlq stats)", "--since`tFrom: a duration ago (2h, 3d) or an ISO time, local without offset", "--until`tTo: a duration ago or an ISO time", "--where`tOnly where data.courseId=c1 holds; repeatable, all must", "--invalid`tOnly entries that cannot be replayed", "--force`tReplace a file that is there already", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('file', '@dead-letters...') }
    'dlq import' = @{ Sub = @(); Flags = @("--dry-run`tSay what would be done, and change nothing", "-y`tDo not ask", "--yes`tDo not ask", "--allow-mixed-target`tAct although another source outranks the profile", "--confirm`tAnswer the question of a protected profile with its name", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('file') }
    'dlq recover' = @{ Sub = @(); Flags = @("--dry-run`tSay what would be done, and change nothing", "-y`tDo not ask", "--yes`tDo not ask", "--allow-mixed-target`tAct although another source outranks the profile", "--confirm`tAnswer the question of a protected profile with its name", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'dlq runs' = @{ Sub = @("stop`tEnd a run gently, on whatever machine it is"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'dlq runs stop' = @{ Sub = @(); Flags = @("--dry-run`tSay what would be done, and change nothing", "-y`tDo not ask", "--yes`tDo not ask", "--allow-mixed-target`tAct although another source outranks the profile", "--confirm`tAnswer the question of a protected profile with its name", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@runs') }
    'dlq triage' = @{ Sub = @(); Flags = @("--type`tEvent type or channel; * matches any text", "--error`tText that the error contains", "--fingerprint`tA family of errors (shema dlq stats)", "--since`tFrom: a duration ago (2h, 3d) or an ISO time, local without offset", "--until`tTo: a duration ago or an ISO time", "--where`tOnly where data.courseId=c1 holds; repeatable, all must", "--invalid`tOnly entries that cannot be replayed", "--acknowledged`tAcknowledged families too, at the end", "--canary`tTry so many first, and wait", "--verify`tWatch so long for events to come back", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'trace' = @{ Sub = @(); Flags = @("-f`tGo on with what is new, as it comes", "--follow`tGo on with what is new, as it comes", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@enrollments') }
    'status' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'runbook' = @{ Sub = @(); Flags = @("--step`tAt a terminal, begin with this step of the case", "--print`tPrint it with its commands filled in, and run nothing", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('=service-down dead-letters family-returned run-abandoned nobody-hears missed history-gap redis-away session-lost refused trail-broken seats-full cut-off clock-off not-set-up service-refuses registration-stale') }
    'check' = @{ Sub = @(); Flags = @("--dlq-warn`tWarn from so many dead letters on", "--dlq-crit`tCritical from so many on", "--oldest-warn`tWarn when the oldest is so old", "--oldest-crit`tCritical when the oldest is so old", "--session-warn`tWarn when SHEMA_ID_TOKEN ends within this", "--format`ttext, nagios, prometheus or json", "--write`tReplace FILE by it, whole or not at all", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('=services redis dlq listeners history audit session...') }
    'ui' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('?', '?...') }
    'services' = @{ Sub = @("list`tList the services, where their instances are, and what is not confi...", "health`tCheck every instance of every service", "resolve`tPrint the instance that the next call to a service goes to", "reset`tClose the circuits of a service, so that the next call goes out at...", "register`tRegister an instance in Redis, or renew its registration", "deregister`tRemove an instance's registration from Redis"); Flags = @("-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'services list' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'services health' = @{ Sub = @(); Flags = @("--watch`tLook every SECONDS (2 when not given) until interrupted", "--wait`tWait at most this long until all are healthy", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@services...') }
    'services resolve' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@services') }
    'services reset' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@services') }
    'services register' = @{ Sub = @(); Flags = @("--health`tIts health check", "--ttl`tExpire after this long unless renewed", "--listens`tA channel or pattern that it listens to; repeatable", "--dry-run`tSay what would be done, and change nothing", "-y`tDo not ask", "--yes`tDo not ask", "--allow-mixed-target`tAct although another source outranks the profile", "--confirm`tAnswer the question of a protected profile with its name", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@services', '?') }
    'services deregister' = @{ Sub = @(); Flags = @("--dry-run`tSay what would be done, and change nothing", "-y`tDo not ask", "--yes`tDo not ask", "--allow-mixed-target`tAct although another source outranks the profile", "--confirm`tAnswer the question of a protected profile with its name", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@services', '?') }
    'api' = @{ Sub = @(); Flags = @("-X`tGET; POST when there is a body", "--method`tGET; POST when there is a body", "-d`tThe body", "--data`tThe body", "-H`tOne more header", "--header`tOne more header", "--dry-run`tSay what would be done, and change nothing", "-y`tDo not ask", "--yes`tDo not ask", "--allow-mixed-target`tAct although another source outranks the profile", "--confirm`tAnswer the question of a protected profile with its name", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@services', '?') }
    'tokens' = @{ Sub = @("issue`tIssue a service token, good for five minutes, in your name", "verify`tTell what a service would answer to a token"); Flags = @("-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'tokens issue' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'tokens verify' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('?') }
    'audit' = @{ Sub = @("list`tShow who did what, newest first", "verify`tCheck that no entry was removed, changed or forged"); Flags = @("-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'audit list' = @{ Sub = @(); Flags = @("--actor`tOnly what this admin did (email or uid)", "--action`tOnly this action, as ``approve``", "--target`tOnly what was done to this id", "--since`tFrom: a duration ago (2h, 3d) or an ISO time, local without offset", "--until`tTo: a duration ago or an ISO time", "--limit`tAt most so many (100 in a table; 10 with --follow)", "-f`tGo on with what is new, as it comes", "--follow`tGo on with what is new, as it comes", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'audit verify' = @{ Sub = @(); Flags = @("--accept`tForget what this machine saw earlier: a trail that was begun anew", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'setup' = @{ Sub = @(); Flags = @("--from`tTake NAME=value lines from FILE, - for stdin; ask nothing", "--force`tWrite also what failed when it was tried", "--dry-run`tSay what would be done, and change nothing", "-y`tDo not ask", "--yes`tDo not ask", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@profiles') }
    'auth' = @{ Sub = @("login`tSign in as an admin", "status`tSay who is signed in, and whether that would work", "token`tPrint the ID token, for scripts", "logout`tSign out, and remove every trace of the session"); Flags = @("-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'auth login' = @{ Sub = @(); Flags = @("--email`tSign in with this email and a password", "--password-stdin`tRead the password from the first line of stdin", "--browser`tSign in with Google in a browser", "--service-account`tSign in with a service account's key", "--mfa-code`tThe code of the second factor", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'auth status' = @{ Sub = @(); Flags = @("--online`tAlso ask Firebase whether it still holds", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'auth token' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'auth logout' = @{ Sub = @(); Flags = @("--everywhere`tRevoke the account's sessions on every machine first", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'admins' = @{ Sub = @("list`tList who is an admin", "grant`tMake an account an admin", "revoke`tTake an account's admin rights"); Flags = @("-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'admins list' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'admins grant' = @{ Sub = @(); Flags = @("--reason`tWhy, for the record", "--dry-run`tSay what would be done, and change nothing", "-y`tDo not ask", "--yes`tDo not ask", "--allow-mixed-target`tAct although another source outranks the profile", "--confirm`tAnswer the question of a protected profile with its name", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('?') }
    'admins revoke' = @{ Sub = @(); Flags = @("--reason`tWhy, for the record", "--force`tAlso the last admin, also yourself", "--dry-run`tSay what would be done, and change nothing", "-y`tDo not ask", "--yes`tDo not ask", "--allow-mixed-target`tAct although another source outranks the profile", "--confirm`tAnswer the question of a protected profile with its name", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('?') }
    'config' = @{ Sub = @("show`tPrint every setting with its value (secrets masked) and where it ca...", "path`tPrint where config.toml and the state folder are", "profiles`tList the profiles of config.toml", "use`tMake a profile the default one", "set`tSet a value in a profile (the one of --profile, else the active one)"); Flags = @("-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'config show' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'config path' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'config profiles' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'config use' = @{ Sub = @(); Flags = @("--dry-run`tSay what would be done, and change nothing", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('@profiles') }
    'config set' = @{ Sub = @(); Flags = @("--dry-run`tSay what would be done, and change nothing", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('=AUTH_SERVICE_URL USER_SERVICE_URL COURSE_SERVICE_URL BOOKING_SERVICE_URL CHAT_SERVICE_URL RECOMMENDATION_SERVICE_URL ENROLLMENT_SERVICE_URL SCHEDULE_SERVICE_URL REDIS_URL SERVICE_NAME SERVICE_JWT_SECRET FIREBASE_PROJECT_ID FIREBASE_API_KEY FIREBASE_AUTH_EMULATOR_HOST GOOGLE_APPLICATION_CREDENTIALS SHEMA_OAUTH_CLIENT_ID SHEMA_OAUTH_CLIENT_SECRET SHEMA_ID_TOKEN SHEMA_CA_FILE SHEMA_AUDIT_KEY SHEMA_PROFILE SHEMA_CONFIG_DIR SHEMA_STATE_DIR SHEMA_OUTPUT SHEMA_READ_ONLY confirm color read_only names', '?') }
    'completions' = @{ Sub = @("install`tWrite the completion script to where your shell looks for it", "show`tPrint the completion script of a shell"); Flags = @("-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'completions install' = @{ Sub = @(); Flags = @("--dry-run`tSay what would be done, and change nothing", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('=bash zsh fish powershell') }
    'completions show' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('=bash zsh fish powershell') }
    'doctor' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'sandbox' = @{ Sub = @("run`tRun a command in a system of its own, signed in as an admin, and ta...", "start`tStart a system that keeps running; ``--profile sandbox`` leads to it", "stop`tStop it; nothing of it is left", "status`tIts parts, what is wrong with them on purpose, and what went on", "env`tPrint the variables that lead another program into it, for ``eval``", "reset`tPut its data back to the start and clear all faults", "fault`tMake something go wrong, or right again", "traffic`tLet it live: enrollments, bookings, conversations, attendance, prof...", "drill`tPractise a case of the runbook: have it go wrong in the sandbox, so...", "tour`tSix minutes through it: a service going down, a decision, a replay,..."); Flags = @("-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'sandbox run' = @{ Sub = @(); Flags = @("--base-port`tUse ports N+1 to N+11, not any free ones", "--retry-pause`tUnit of the pauses between a service's attempts", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('?...') }
    'sandbox start' = @{ Sub = @(); Flags = @("--base-port`tUse ports N+1 to N+11, not any free ones", "--retry-pause`tUnit of the pauses between a service's attempts", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'sandbox stop' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'sandbox status' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'sandbox env' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'sandbox reset' = @{ Sub = @(); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'sandbox fault' = @{ Sub = @(); Flags = @("--down`tIt is gone: refuses connections, hears nothing", "--deaf`tIt answers, and hears nothing: its subscriptions are lost", "--latency`tIt answers that much later", "--error-rate`tThat share is a 500", "--garbage`tIt answers HTML instead of JSON", "--hang`tIt takes connections and never answers", "--no-lists`tIt offers no lists: 404 for those of users or courses", "--poison`tIt fails at these events", "--clear`tAll of it is well again", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('=auth user course booking chat recommendation enrollment schedule redis firebase history all') }
    'sandbox traffic' = @{ Sub = @(); Flags = @("--rate`tEvents a second", "--for`tStop after this time", "--seed`tThe same life for the same number", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'sandbox drill' = @{ Sub = @(); Flags = @("--check`tSay whether the one that is staged is solved, and what remains", "--hint`tSay its next step", "--stop`tEnd it: the sandbox is as at the start again", "-y`tDo not ask", "--yes`tDo not ask", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @('=service-down dead-letters family-returned run-abandoned nobody-hears missed history-gap redis-away session-lost refused trail-broken seats-full cut-off service-refuses registration-stale') }
    'sandbox tour' = @{ Sub = @(); Flags = @("--auto`tPlay it without waiting for Enter", "-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help' = @{ Sub = @("exit-codes`tWhat each way of ending says to a script", "output`tTables, JSON, CSV, pipes, colour, paging and plain text", "environment`tEvery variable that is read", "profiles`tSeveral environments, and care with the one that counts", "networks`tProxies, private certificates, and whose fault it is when nothing a...", "events`tChannels, envelopes, and what Pub/Sub does not keep", "json`tThe JSON Schema of what a command prints with -o json", "dashboard`tShow the five numbers of the school, and where each came from", "enrollments`tRead and decide on enrollments", "courses`tThe courses, their seats, and who waits", "find`tFind people, enrollments, chat sessions and events by a name or by...", "chat`tRead conversations as they happen", "users`tLook users up", "dlq`tInspect and replay dead letters", "trace`tTell what became of somebody or something: one story out of service...", "status`tSay what is wrong now, worst first, with its cause and the next com...", "runbook`tGo through what is to be done about what is wrong, step by step: ea...", "check`tLook at the system for a monitor: ok, warning, critical or unknown,...", "ui`tWork on one screen: what is wrong, who waits, what failed; deciding...", "services`tThe services, their instances and their health", "api`tMake an authenticated call to a service and print its answer as it...", "tokens`tIssue and verify service tokens", "audit`tWho did what, and proof that nothing was altered", "setup`tSet up a profile: what it needs is asked for, tried at once, and wr...", "auth`tSign in and out", "admins`tWho is an admin", "config`tSettings and profiles", "completions`tComplete commands and ids with TAB", "doctor`tLook at settings, files, sign-in, Redis, services and this terminal...", "sandbox`tThe whole system on this machine", "help`tRead about exit codes, output, settings, profiles or events, a comm..."); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help json' = @{ Sub = @("dashboard`tShow the five numbers of the school, and where each came from", "enrollments`tRead and decide on enrollments", "courses`tThe courses, their seats, and who waits", "find`tFind people, enrollments, chat sessions and events by a name or by...", "chat`tRead conversations as they happen", "users`tLook users up", "events`tWatch and publish events", "dlq`tInspect and replay dead letters", "trace`tTell what became of somebody or something: one story out of service...", "status`tSay what is wrong now, worst first, with its cause and the next com...", "runbook`tGo through what is to be done about what is wrong, step by step: ea...", "check`tLook at the system for a monitor: ok, warning, critical or unknown,...", "services`tThe services, their instances and their health", "api`tMake an authenticated call to a service and print its answer as it...", "tokens`tIssue and verify service tokens", "audit`tWho did what, and proof that nothing was altered", "setup`tSet up a profile: what it needs is asked for, tried at once, and wr...", "auth`tSign in and out", "admins`tWho is an admin", "config`tSettings and profiles", "completions`tComplete commands and ids with TAB", "doctor`tLook at settings, files, sign-in, Redis, services and this terminal...", "sandbox`tThe whole system on this machine", "help`tRead about exit codes, output, settings, profiles or events, a comm..."); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help enrollments' = @{ Sub = @("list`tList enrollments, with the seats of their courses and the decisions...", "show`tShow one enrollment and the decision on it", "approve`tApprove enrollments: each is published, recorded and audited in one...", "reject`tReject enrollments, with a reason: each is published, recorded and...", "review`tGo through the pending enrollments one by one, and decide on all at..."); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help json enrollments' = @{ Sub = @("list`tList enrollments, with the seats of their courses and the decisions...", "show`tShow one enrollment and the decision on it", "approve`tApprove enrollments: each is published, recorded and audited in one...", "reject`tReject enrollments, with a reason: each is published, recorded and..."); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help courses' = @{ Sub = @("list`tList the courses with level, seats, and how many wait for one", "show`tShow one course, its seats, and how many wait for one"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help json courses' = @{ Sub = @("list`tList the courses with level, seats, and how many wait for one", "show`tShow one course, its seats, and how many wait for one"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help chat' = @{ Sub = @("tail`tWatch the conversations: who says what"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help json chat' = @{ Sub = @("tail`tWatch the conversations: who says what"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help users' = @{ Sub = @("show`tShow the user with this address; the answer is kept for 300 s, shar..."); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help json users' = @{ Sub = @("show`tShow the user with this address; the answer is kept for 300 s, shar..."); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help events' = @{ Sub = @("types`tList the events of the system, their versions and their fields", "schema`tPrint the JSON Schema of all that is published on a channel, envelo...", "listeners`tList who listens to which channel, and which service has declared t...", "publish`tPublish an event after checking it against the catalogue", "record`tRecord all that is published, for as long as this runs", "tail`tWatch events and chat as they are published", "history`tShow what was published, and when nobody recorded it, oldest first", "missed`tTell what was published while a service was not there, from the his...", "resend`tPublish events of the history again, oldest first, byte for byte, e..."); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help json events' = @{ Sub = @("types`tList the events of the system, their versions and their fields", "schema`tPrint the JSON Schema of all that is published on a channel, envelo...", "listeners`tList who listens to which channel, and which service has declared t...", "publish`tPublish an event after checking it against the catalogue", "record`tRecord all that is published, for as long as this runs", "tail`tWatch events and chat as they are published", "history`tShow what was published, and when nobody recorded it, oldest first", "missed`tTell what was published while a service was not there, from the his...", "resend`tPublish events of the history again, oldest first, byte for byte, e..."); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help dlq' = @{ Sub = @("list`tList dead letters, newest first", "show`tShow one dead letter: the event, the error, where it would go and w...", "stats`tCount dead letters by type and by family of errors", "ack`tSay that a family of errors is known: it is left out of status and...", "unack`tTake back that a family of errors is known", "replay`tPublish dead letters again, oldest first, each exactly once", "discard`tTake dead letters out of the list for good; an export of them is wr...", "export`tWrite dead letters, byte for byte, to a file of JSON lines or into...", "import`tPut exported dead letters back; those that are in the list already...", "recover`tTake back at once what runs that died still held", "runs`tList the replays, discards, imports and resends that are under way,...", "triage`tGo through the families of dead letters, worst first; replay, edit,..."); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help json dlq' = @{ Sub = @("list`tList dead letters, newest first", "show`tShow one dead letter: the event, the error, where it would go and w...", "stats`tCount dead letters by type and by family of errors", "ack`tSay that a family of errors is known: it is left out of status and...", "unack`tTake back that a family of errors is known", "replay`tPublish dead letters again, oldest first, each exactly once", "discard`tTake dead letters out of the list for good; an export of them is wr...", "export`tWrite dead letters, byte for byte, to a file of JSON lines or into...", "import`tPut exported dead letters back; those that are in the list already...", "recover`tTake back at once what runs that died still held", "runs`tList the replays, discards, imports and resends that are under way,..."); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help dlq runs' = @{ Sub = @("stop`tEnd a run gently, on whatever machine it is"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help json dlq runs' = @{ Sub = @("stop`tEnd a run gently, on whatever machine it is"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help services' = @{ Sub = @("list`tList the services, where their instances are, and what is not confi...", "health`tCheck every instance of every service", "resolve`tPrint the instance that the next call to a service goes to", "reset`tClose the circuits of a service, so that the next call goes out at...", "register`tRegister an instance in Redis, or renew its registration", "deregister`tRemove an instance's registration from Redis"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help json services' = @{ Sub = @("list`tList the services, where their instances are, and what is not confi...", "health`tCheck every instance of every service", "resolve`tPrint the instance that the next call to a service goes to", "reset`tClose the circuits of a service, so that the next call goes out at...", "register`tRegister an instance in Redis, or renew its registration", "deregister`tRemove an instance's registration from Redis"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help tokens' = @{ Sub = @("issue`tIssue a service token, good for five minutes, in your name", "verify`tTell what a service would answer to a token"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help json tokens' = @{ Sub = @("issue`tIssue a service token, good for five minutes, in your name", "verify`tTell what a service would answer to a token"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help audit' = @{ Sub = @("list`tShow who did what, newest first", "verify`tCheck that no entry was removed, changed or forged"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help json audit' = @{ Sub = @("list`tShow who did what, newest first", "verify`tCheck that no entry was removed, changed or forged"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help auth' = @{ Sub = @("login`tSign in as an admin", "status`tSay who is signed in, and whether that would work", "token`tPrint the ID token, for scripts", "logout`tSign out, and remove every trace of the session"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help json auth' = @{ Sub = @("login`tSign in as an admin", "status`tSay who is signed in, and whether that would work", "token`tPrint the ID token, for scripts", "logout`tSign out, and remove every trace of the session"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help admins' = @{ Sub = @("list`tList who is an admin", "grant`tMake an account an admin", "revoke`tTake an account's admin rights"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help json admins' = @{ Sub = @("list`tList who is an admin", "grant`tMake an account an admin", "revoke`tTake an account's admin rights"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help config' = @{ Sub = @("show`tPrint every setting with its value (secrets masked) and where it ca...", "path`tPrint where config.toml and the state folder are", "profiles`tList the profiles of config.toml", "use`tMake a profile the default one", "set`tSet a value in a profile (the one of --profile, else the active one)"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help json config' = @{ Sub = @("show`tPrint every setting with its value (secrets masked) and where it ca...", "path`tPrint where config.toml and the state folder are", "profiles`tList the profiles of config.toml", "use`tMake a profile the default one", "set`tSet a value in a profile (the one of --profile, else the active one)"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help completions' = @{ Sub = @("install`tWrite the completion script to where your shell looks for it", "show`tPrint the completion script of a shell"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help json completions' = @{ Sub = @("install`tWrite the completion script to where your shell looks for it"); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help sandbox' = @{ Sub = @("run`tRun a command in a system of its own, signed in as an admin, and ta...", "start`tStart a system that keeps running; ``--profile sandbox`` leads to it", "stop`tStop it; nothing of it is left", "status`tIts parts, what is wrong with them on purpose, and what went on", "env`tPrint the variables that lead another program into it, for ``eval``", "reset`tPut its data back to the start and clear all faults", "fault`tMake something go wrong, or right again", "traffic`tLet it live: enrollments, bookings, conversations, attendance, prof...", "drill`tPractise a case of the runbook: have it go wrong in the sandbox, so...", "tour`tSix minutes through it: a service going down, a decision, a replay,..."); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
    'help json sandbox' = @{ Sub = @("start`tStart a system that keeps running; ``--profile sandbox`` leads to it", "stop`tStop it; nothing of it is left", "status`tIts parts, what is wrong with them on purpose, and what went on", "env`tPrint the variables that lead another program into it, for ``eval``", "reset`tPut its data back to the start and clear all faults", "fault`tMake something go wrong, or right again", "traffic`tLet it live: enrollments, bookings, conversations, attendance, prof...", "drill`tPractise a case of the runbook: have it go wrong in the sandbox, so...", "tour`tSix minutes through it: a service going down, a decision, a replay,..."); Flags = @("-o`ttable, json or csv", "--output`ttable, json or csv", "--json`tShort for -o json", "-v`tLog every call to a service on stderr", "--verbose`tLog every call to a service on stderr", "--log-format`tLog calls as text or json", "--profile`tThe profile of config.toml to use", "--env-file`tRead this file instead of ./.env", "--read-only`tRefuse every command that changes something", "-h`tShow this message and exit", "--help`tShow this message and exit"); Arguments = @() }
}

# A command and one of its options → how the option's value completes. An option that is missing takes none.
$script:ShemaWays = @{
    ' -o' = '=table json csv'
    ' --output' = '=table json csv'
    'dashboard -o' = '=table json csv'
    'dashboard --output' = '=table json csv'
    'enrollments list -o' = '=table json csv'
    'enrollments list --output' = '=table json csv'
    'enrollments show -o' = '=table json csv'
    'enrollments show --output' = '=table json csv'
    'enrollments approve -o' = '=table json csv'
    'enrollments approve --output' = '=table json csv'
    'enrollments reject -o' = '=table json csv'
    'enrollments reject --output' = '=table json csv'
    'enrollments review -o' = '=table json csv'
    'enrollments review --output' = '=table json csv'
    'courses list -o' = '=table json csv'
    'courses list --output' = '=table json csv'
    'courses show -o' = '=table json csv'
    'courses show --output' = '=table json csv'
    'find -o' = '=table json csv'
    'find --output' = '=table json csv'
    'chat tail -o' = '=table json csv'
    'chat tail --output' = '=table json csv'
    'users show -o' = '=table json csv'
    'users show --output' = '=table json csv'
    'events types -o' = '=table json csv'
    'events types --output' = '=table json csv'
    'events schema -o' = '=table json csv'
    'events schema --output' = '=table json csv'
    'events listeners -o' = '=table json csv'
    'events listeners --output' = '=table json csv'
    'events publish -o' = '=table json csv'
    'events publish --output' = '=table json csv'
    'events record -o' = '=table json csv'
    'events record --output' = '=table json csv'
    'events tail -o' = '=table json csv'
    'events tail --output' = '=table json csv'
    'events history -o' = '=table json csv'
    'events history --output' = '=table json csv'
    'events missed -o' = '=table json csv'
    'events missed --output' = '=table json csv'
    'events resend -o' = '=table json csv'
    'events resend --output' = '=table json csv'
    'dlq list -o' = '=table json csv'
    'dlq list --output' = '=table json csv'
    'dlq show -o' = '=table json csv'
    'dlq show --output' = '=table json csv'
    'dlq stats -o' = '=table json csv'
    'dlq stats --output' = '=table json csv'
    'dlq ack -o' = '=table json csv'
    'dlq ack --output' = '=table json csv'
    'dlq unack -o' = '=table json csv'
    'dlq unack --output' = '=table json csv'
    'dlq replay -o' = '=table json csv'
    'dlq replay --output' = '=table json csv'
    'dlq discard -o' = '=table json csv'
    'dlq discard --output' = '=table json csv'
    'dlq export -o' = '=table json csv'
    'dlq export --output' = '=table json csv'
    'dlq import -o' = '=table json csv'
    'dlq import --output' = '=table json csv'
    'dlq recover -o' = '=table json csv'
    'dlq recover --output' = '=table json csv'
    'dlq runs -o' = '=table json csv'
    'dlq runs --output' = '=table json csv'
    'dlq runs stop -o' = '=table json csv'
    'dlq runs stop --output' = '=table json csv'
    'dlq triage -o' = '=table json csv'
    'dlq triage --output' = '=table json csv'
    'trace -o' = '=table json csv'
    'trace --output' = '=table json csv'
    'status -o' = '=table json csv'
    'status --output' = '=table json csv'
    'runbook -o' = '=table json csv'
    'runbook --output' = '=table json csv'
    'check -o' = '=table json csv'
    'check --output' = '=table json csv'
    'ui -o' = '=table json csv'
    'ui --output' = '=table json csv'
    'services list -o' = '=table json csv'
    'services list --output' = '=table json csv'
    'services health -o' = '=table json csv'
    'services health --output' = '=table json csv'
    'services resolve -o' = '=table json csv'
    'services resolve --output' = '=table json csv'
    'services reset -o' = '=table json csv'
    'services reset --output' = '=table json csv'
    'services register -o' = '=table json csv'
    'services register --output' = '=table json csv'
    'services deregister -o' = '=table json csv'
    'services deregister --output' = '=table json csv'
    'api -o' = '=table json csv'
    'api --output' = '=table json csv'
    'tokens issue -o' = '=table json csv'
    'tokens issue --output' = '=table json csv'
    'tokens verify -o' = '=table json csv'
    'tokens verify --output' = '=table json csv'
    'audit list -o' = '=table json csv'
    'audit list --output' = '=table json csv'
    'audit verify -o' = '=table json csv'
    'audit verify --output' = '=table json csv'
    'setup -o' = '=table json csv'
    'setup --output' = '=table json csv'
    'auth login -o' = '=table json csv'
    'auth login --output' = '=table json csv'
    'auth status -o' = '=table json csv'
    'auth status --output' = '=table json csv'
    'auth token -o' = '=table json csv'
    'auth token --output' = '=table json csv'
    'auth logout -o' = '=table json csv'
    'auth logout --output' = '=table json csv'
    'admins list -o' = '=table json csv'
    'admins list --output' = '=table json csv'
    'admins grant -o' = '=table json csv'
    'admins grant --output' = '=table json csv'
    'admins revoke -o' = '=table json csv'
    'admins revoke --output' = '=table json csv'
    'config show -o' = '=table json csv'
    'config show --output' = '=table json csv'
    'config path -o' = '=table json csv'
    'config path --output' = '=table json csv'
    'config profiles -o' = '=table json csv'
    'config profiles --output' = '=table json csv'
    'config use -o' = '=table json csv'
    'config use --output' = '=table json csv'
    'config set -o' = '=table json csv'
    'config set --output' = '=table json csv'
    'completions install -o' = '=table json csv'
    'completions install --output' = '=table json csv'
    'completions show -o' = '=table json csv'
    'completions show --output' = '=table json csv'
    'doctor -o' = '=table json csv'
    'doctor --output' = '=table json csv'
    'sandbox run -o' = '=table json csv'
    'sandbox run --output' = '=table json csv'
    'sandbox start -o' = '=table json csv'
    'sandbox start --output' = '=table json csv'
    'sandbox stop -o' = '=table json csv'
    'sandbox stop --output' = '=table json csv'
    'sandbox status -o' = '=table json csv'
    'sandbox status --output' = '=table json csv'
    'sandbox env -o' = '=table json csv'
    'sandbox env --output' = '=table json csv'
    'sandbox reset -o' = '=table json csv'
    'sandbox reset --output' = '=table json csv'
    'sandbox fault -o' = '=table json csv'
    'sandbox fault --output' = '=table json csv'
    'sandbox traffic -o' = '=table json csv'
    'sandbox traffic --output' = '=table json csv'
    'sandbox drill -o' = '=table json csv'
    'sandbox drill --output' = '=table json csv'
    'sandbox tour -o' = '=table json csv'
    'sandbox tour --output' = '=table json csv'
    'help -o' = '=table json csv'
    'help --output' = '=table json csv'
    'help json -o' = '=table json csv'
    'help json --output' = '=table json csv'
    'help enrollments -o' = '=table json csv'
    'help enrollments --output' = '=table json csv'
    'help json enrollments -o' = '=table json csv'
    'help json enrollments --output' = '=table json csv'
    'help courses -o' = '=table json csv'
    'help courses --output' = '=table json csv'
    'help json courses -o' = '=table json csv'
    'help json courses --output' = '=table json csv'
    'help chat -o' = '=table json csv'
    'help chat --output' = '=table json csv'
    'help json chat -o' = '=table json csv'
    'help json chat --output' = '=table json csv'
    'help users -o' = '=table json csv'
    'help users --output' = '=table json csv'
    'help json users -o' = '=table json csv'
    'help json users --output' = '=table json csv'
    'help events -o' = '=table json csv'
    'help events --output' = '=table json csv'
    'help json events -o' = '=table json csv'
    'help json events --output' = '=table json csv'
    'help dlq -o' = '=table json csv'
    'help dlq --output' = '=table json csv'
    'help json dlq -o' = '=table json csv'
    'help json dlq --output' = '=table json csv'
    'help dlq runs -o' = '=table json csv'
    'help dlq runs --output' = '=table json csv'
    'help json dlq runs -o' = '=table json csv'
    'help json dlq runs --output' = '=table json csv'
    'help services -o' = '=table json csv'
    'help services --output' = '=table json csv'
    'help json services -o' = '=table json csv'
    'help json services --output' = '=table json csv'
    'help tokens -o' = '=table json csv'
    'help tokens --output' = '=table json csv'
    'help json tokens -o' = '=table json csv'
    'help json tokens --output' = '=table json csv'
    'help audit -o' = '=table json csv'
    'help audit --output' = '=table json csv'
    'help json audit -o' = '=table json csv'
    'help json audit --output' = '=table json csv'
    'help auth -o' = '=table json csv'
    'help auth --output' = '=table json csv'
    'help json auth -o' = '=table json csv'
    'help json auth --output' = '=table json csv'
    'help admins -o' = '=table json csv'
    'help admins --output' = '=table json csv'
    'help json admins -o' = '=table json csv'
    'help json admins --output' = '=table json csv'
    'help config -o' = '=table json csv'
    'help config --output' = '=table json csv'
    'help json config -o' = '=table json csv'
    'help json config --output' = '=table json csv'
    'help completions -o' = '=table json csv'
    'help completions --output' = '=table json csv'
    'help json completions -o' = '=table json csv'
    'help json completions --output' = '=table json csv'
    'help sandbox -o' = '=table json csv'
    'help sandbox --output' = '=table json csv'
    'help json sandbox -o' = '=table json csv'
    'help json sandbox --output' = '=table json csv'
    ' --log-format' = '=text json'
    'dashboard --log-format' = '=text json'
    'enrollments list --log-format' = '=text json'
    'enrollments show --log-format' = '=text json'
    'enrollments approve --log-format' = '=text json'
    'enrollments reject --log-format' = '=text json'
    'enrollments review --log-format' = '=text json'
    'courses list --log-format' = '=text json'
    'courses show --log-format' = '=text json'
    'find --log-format' = '=text json'
    'chat tail --log-format' = '=text json'
    'users show --log-format' = '=text json'
    'events types --log-format' = '=text json'
    'events schema --log-format' = '=text json'
    'events listeners --log-format' = '=text json'
    'events publish --log-format' = '=text json'
    'events record --log-format' = '=text json'
    'events tail --log-format' = '=text json'
    'events history --log-format' = '=text json'
    'events missed --log-format' = '=text json'
    'events resend --log-format' = '=text json'
    'dlq list --log-format' = '=text json'
    'dlq show --log-format' = '=text json'
    'dlq stats --log-format' = '=text json'
    'dlq ack --log-format' = '=text json'
    'dlq unack --log-format' = '=text json'
    'dlq replay --log-format' = '=text json'
    'dlq discard --log-format' = '=text json'
    'dlq export --log-format' = '=text json'
    'dlq import --log-format' = '=text json'
    'dlq recover --log-format' = '=text json'
    'dlq runs --log-format' = '=text json'
    'dlq runs stop --log-format' = '=text json'
    'dlq triage --log-format' = '=text json'
    'trace --log-format' = '=text json'
    'status --log-format' = '=text json'
    'runbook --log-format' = '=text json'
    'check --log-format' = '=text json'
    'ui --log-format' = '=text json'
    'services list --log-format' = '=text json'
    'services health --log-format' = '=text json'
    'services resolve --log-format' = '=text json'
    'services reset --log-format' = '=text json'
    'services register --log-format' = '=text json'
    'services deregister --log-format' = '=text json'
    'api --log-format' = '=text json'
    'tokens issue --log-format' = '=text json'
    'tokens verify --log-format' = '=text json'
    'audit list --log-format' = '=text json'
    'audit verify --log-format' = '=text json'
    'setup --log-format' = '=text json'
    'auth login --log-format' = '=text json'
    'auth status --log-format' = '=text json'
    'auth token --log-format' = '=text json'
    'auth logout --log-format' = '=text json'
    'admins list --log-format' = '=text json'
    'admins grant --log-format' = '=text json'
    'admins revoke --log-format' = '=text json'
    'config show --log-format' = '=text json'
    'config path --log-format' = '=text json'
    'config profiles --log-format' = '=text json'
    'config use --log-format' = '=text json'
    'config set --log-format' = '=text json'
    'completions install --log-format' = '=text json'
    'completions show --log-format' = '=text json'
    'doctor --log-format' = '=text json'
    'sandbox run --log-format' = '=text json'
    'sandbox start --log-format' = '=text json'
    'sandbox stop --log-format' = '=text json'
    'sandbox status --log-format' = '=text json'
    'sandbox env --log-format' = '=text json'
    'sandbox reset --log-format' = '=text json'
    'sandbox fault --log-format' = '=text json'
    'sandbox traffic --log-format' = '=text json'
    'sandbox drill --log-format' = '=text json'
    'sandbox tour --log-format' = '=text json'
    'help --log-format' = '=text json'
    'help json --log-format' = '=text json'
    'help enrollments --log-format' = '=text json'
    'help json enrollments --log-format' = '=text json'
    'help courses --log-format' = '=text json'
    'help json courses --log-format' = '=text json'
    'help chat --log-format' = '=text json'
    'help json chat --log-format' = '=text json'
    'help users --log-format' = '=text json'
    'help json users --log-format' = '=text json'
    'help events --log-format' = '=text json'
    'help json events --log-format' = '=text json'
    'help dlq --log-format' = '=text json'
    'help json dlq --log-format' = '=text json'
    'help dlq runs --log-format' = '=text json'
    'help json dlq runs --log-format' = '=text json'
    'help services --log-format' = '=text json'
    'help json services --log-format' = '=text json'
    'help tokens --log-format' = '=text json'
    'help json tokens --log-format' = '=text json'
    'help audit --log-format' = '=text json'
    'help json audit --log-format' = '=text json'
    'help auth --log-format' = '=text json'
    'help json auth --log-format' = '=text json'
    'help admins --log-format' = '=text json'
    'help json admins --log-format' = '=text json'
    'help config --log-format' = '=text json'
    'help json config --log-format' = '=text json'
    'help completions --log-format' = '=text json'
    'help json completions --log-format' = '=text json'
    'help sandbox --log-format' = '=text json'
    'help json sandbox --log-format' = '=text json'
    ' --profile' = '@profiles'
    'dashboard --profile' = '@profiles'
    'enrollments list --profile' = '@profiles'
    'enrollments show --profile' = '@profiles'
    'enrollments approve --confirm' = '@profiles'
    'enrollments approve --profile' = '@profiles'
    'enrollments reject --confirm' = '@profiles'
    'enrollments reject --profile' = '@profiles'
    'enrollments review --confirm' = '@profiles'
    'enrollments review --profile' = '@profiles'
    'courses list --profile' = '@profiles'
    'courses show --profile' = '@profiles'
    'find --profile' = '@profiles'
    'chat tail --profile' = '@profiles'
    'users show --profile' = '@profiles'
    'events types --profile' = '@profiles'
    'events schema --profile' = '@profiles'
    'events listeners --profile' = '@profiles'
    'events publish --confirm' = '@profiles'
    'events publish --profile' = '@profiles'
    'events record --profile' = '@profiles'
    'events tail --profile' = '@profiles'
    'events history --profile' = '@profiles'
    'events missed --profile' = '@profiles'
    'events resend --confirm' = '@profiles'
    'events resend --profile' = '@profiles'
    'dlq list --profile' = '@profiles'
    'dlq show --profile' = '@profiles'
    'dlq stats --profile' = '@profiles'
    'dlq ack --confirm' = '@profiles'
    'dlq ack --profile' = '@profiles'
    'dlq unack --confirm' = '@profiles'
    'dlq unack --profile' = '@profiles'
    'dlq replay --confirm' = '@profiles'
    'dlq replay --profile' = '@profiles'
    'dlq discard --confirm' = '@profiles'
    'dlq discard --profile' = '@profiles'
    'dlq export --profile' = '@profiles'
    'dlq import --confirm' = '@profiles'
    'dlq import --profile' = '@profiles'
    'dlq recover --confirm' = '@profiles'
    'dlq recover --profile' = '@profiles'
    'dlq runs --profile' = '@profiles'
    'dlq runs stop --confirm' = '@profiles'
    'dlq runs stop --profile' = '@profiles'
    'dlq triage --profile' = '@profiles'
    'trace --profile' = '@profiles'
    'status --profile' = '@profiles'
    'runbook --profile' = '@profiles'
    'check --profile' = '@profiles'
    'ui --profile' = '@profiles'
    'services list --profile' = '@profiles'
    'services health --profile' = '@profiles'
    'services resolve --profile' = '@profiles'
    'services reset --profile' = '@profiles'
    'services register --confirm' = '@profiles'
    'services register --profile' = '@profiles'
    'services deregister --confirm' = '@profiles'
    'services deregister --profile' = '@profiles'
    'api --confirm' = '@profiles'
    'api --profile' = '@profiles'
    'tokens issue --profile' = '@profiles'
    'tokens verify --profile' = '@profiles'
    'audit list --profile' = '@profiles'
    'audit verify --profile' = '@profiles'
    'setup --profile' = '@profiles'
    'auth login --profile' = '@profiles'
    'auth status --profile' = '@profiles'
    'auth token --profile' = '@profiles'
    'auth logout --profile' = '@profiles'
    'admins list --profile' = '@profiles'
    'admins grant --confirm' = '@profiles'
    'admins grant --profile' = '@profiles'
    'admins revoke --confirm' = '@profiles'
    'admins revoke --profile' = '@profiles'
    'config show --profile' = '@profiles'
    'config path --profile' = '@profiles'
    'config profiles --profile' = '@profiles'
    'config use --profile' = '@profiles'
    'config set --profile' = '@profiles'
    'completions install --profile' = '@profiles'
    'completions show --profile' = '@profiles'
    'doctor --profile' = '@profiles'
    'sandbox run --profile' = '@profiles'
    'sandbox start --profile' = '@profiles'
    'sandbox stop --profile' = '@profiles'
    'sandbox status --profile' = '@profiles'
    'sandbox env --profile' = '@profiles'
    'sandbox reset --profile' = '@profiles'
    'sandbox fault --profile' = '@profiles'
    'sandbox traffic --profile' = '@profiles'
    'sandbox drill --profile' = '@profiles'
    'sandbox tour --profile' = '@profiles'
    'help --profile' = '@profiles'
    'help json --profile' = '@profiles'
    'help enrollments --profile' = '@profiles'
    'help json enrollments --profile' = '@profiles'
    'help courses --profile' = '@profiles'
    'help json courses --profile' = '@profiles'
    'help chat --profile' = '@profiles'
    'help json chat --profile' = '@profiles'
    'help users --profile' = '@profiles'
    'help json users --profile' = '@profiles'
    'help events --profile' = '@profiles'
    'help json events --profile' = '@profiles'
    'help dlq --profile' = '@profiles'
    'help json dlq --profile' = '@profiles'
    'help dlq runs --profile' = '@profiles'
    'help json dlq runs --profile' = '@profiles'
    'help services --profile' = '@profiles'
    'help json services --profile' = '@profiles'
    'help tokens --profile' = '@profiles'
    'help json tokens --profile' = '@profiles'
    'help audit --profile' = '@profiles'
    'help json audit --profile' = '@profiles'
    'help auth --profile' = '@profiles'
    'help json auth --profile' = '@profiles'
    'help admins --profile' = '@profiles'
    'help json admins --profile' = '@profiles'
    'help config --profile' = '@profiles'
    'help json config --profile' = '@profiles'
    'help completions --profile' = '@profiles'
    'help json completions --profile' = '@profiles'
    'help sandbox --profile' = '@profiles'
    'help json sandbox --profile' = '@profiles'
    ' --env-file' = 'file'
    'dashboard --env-file' = 'file'
    'enrollments list --env-file' = 'file'
    'enrollments show --env-file' = 'file'
    'enrollments approve --ids-file' = 'file'
    'enrollments approve --env-file' = 'file'
    'enrollments reject --ids-file' = 'file'
    'enrollments reject --env-file' = 'file'
    'enrollments review --env-file' = 'file'
    'courses list --env-file' = 'file'
    'courses show --env-file' = 'file'
    'find --env-file' = 'file'
    'chat tail --env-file' = 'file'
    'users show --env-file' = 'file'
    'events types --env-file' = 'file'
    'events schema --env-file' = 'file'
    'events listeners --env-file' = 'file'
    'events publish --env-file' = 'file'
    'events record --env-file' = 'file'
    'events tail --env-file' = 'file'
    'events history --env-file' = 'file'
    'events missed --env-file' = 'file'
    'events resend --ids-file' = 'file'
    'events resend --env-file' = 'file'
    'dlq list --env-file' = 'file'
    'dlq show --env-file' = 'file'
    'dlq stats --env-file' = 'file'
    'dlq ack --env-file' = 'file'
    'dlq unack --env-file' = 'file'
    'dlq replay --ids-file' = 'file'
    'dlq replay --env-file' = 'file'
    'dlq discard --ids-file' = 'file'
    'dlq discard --export' = 'file'
    'dlq discard --env-file' = 'file'
    'dlq export --ids-file' = 'file'
    'dlq export --env-file' = 'file'
    'dlq import --env-file' = 'file'
    'dlq recover --env-file' = 'file'
    'dlq runs --env-file' = 'file'
    'dlq runs stop --env-file' = 'file'
    'dlq triage --env-file' = 'file'
    'trace --env-file' = 'file'
    'status --env-file' = 'file'
    'runbook --env-file' = 'file'
    'check --write' = 'file'
    'check --env-file' = 'file'
    'ui --env-file' = 'file'
    'services list --env-file' = 'file'
    'services health --env-file' = 'file'
    'services resolve --env-file' = 'file'
    'services reset --env-file' = 'file'
    'services register --env-file' = 'file'
    'services deregister --env-file' = 'file'
    'api --env-file' = 'file'
    'tokens issue --env-file' = 'file'
    'tokens verify --env-file' = 'file'
    'audit list --env-file' = 'file'
    'audit verify --env-file' = 'file'
    'setup --from' = 'file'
    'setup --env-file' = 'file'
    'auth login --service-account' = 'file'
    'auth login --env-file' = 'file'
    'auth status --env-file' = 'file'
    'auth token --env-file' = 'file'
    'auth logout --env-file' = 'file'
    'admins list --env-file' = 'file'
    'admins grant --env-file' = 'file'
    'admins revoke --env-file' = 'file'
    'config show --env-file' = 'file'
    'config path --env-file' = 'file'
    'config profiles --env-file' = 'file'
    'config use --env-file' = 'file'
    'config set --env-file' = 'file'
    'completions install --env-file' = 'file'
    'completions show --env-file' = 'file'
    'doctor --env-file' = 'file'
    'sandbox run --env-file' = 'file'
    'sandbox start --env-file' = 'file'
    'sandbox stop --env-file' = 'file'
    'sandbox status --env-file' = 'file'
    'sandbox env --env-file' = 'file'
    'sandbox reset --env-file' = 'file'
    'sandbox fault --env-file' = 'file'
    'sandbox traffic --env-file' = 'file'
    'sandbox drill --env-file' = 'file'
    'sandbox tour --env-file' = 'file'
    'help --env-file' = 'file'
    'help json --env-file' = 'file'
    'help enrollments --env-file' = 'file'
    'help json enrollments --env-file' = 'file'
    'help courses --env-file' = 'file'
    'help json courses --env-file' = 'file'
    'help chat --env-file' = 'file'
    'help json chat --env-file' = 'file'
    'help users --env-file' = 'file'
    'help json users --env-file' = 'file'
    'help events --env-file' = 'file'
    'help json events --env-file' = 'file'
    'help dlq --env-file' = 'file'
    'help json dlq --env-file' = 'file'
    'help dlq runs --env-file' = 'file'
    'help json dlq runs --env-file' = 'file'
    'help services --env-file' = 'file'
    'help json services --env-file' = 'file'
    'help tokens --env-file' = 'file'
    'help json tokens --env-file' = 'file'
    'help audit --env-file' = 'file'
    'help json audit --env-file' = 'file'
    'help auth --env-file' = 'file'
    'help json auth --env-file' = 'file'
    'help admins --env-file' = 'file'
    'help json admins --env-file' = 'file'
    'help config --env-file' = 'file'
    'help json config --env-file' = 'file'
    'help completions --env-file' = 'file'
    'help json completions --env-file' = 'file'
    'help sandbox --env-file' = 'file'
    'help json sandbox --env-file' = 'file'
    'dashboard --watch' = '?'
    'dashboard --until' = '?'
    'dashboard --wait' = '?'
    'dashboard --max-stale' = '?'
    'enrollments list --limit' = '?'
    'enrollments approve --reason' = '?'
    'enrollments approve --student-id' = '?'
    'enrollments approve --wait' = '?'
    'enrollments reject --reason' = '?'
    'enrollments reject --student-id' = '?'
    'enrollments reject --wait' = '?'
    'enrollments review --limit' = '?'
    'enrollments review --wait' = '?'
    'find --limit' = '?'
    'chat tail --grep' = '?'
    'chat tail --since' = '?'
    'chat tail --limit' = '?'
    'chat tail --for' = '?'
    'chat tail --idle-exit' = '?'
    'events publish --data' = '?'
    'events record --retain' = '?'
    'events record --max-bytes' = '?'
    'events tail --where' = '?'
    'events tail --grep' = '?'
    'events tail --since' = '?'
    'events tail --limit' = '?'
    'events tail --for' = '?'
    'events tail --idle-exit' = '?'
    'events history --where' = '?'
    'events history --grep' = '?'
    'events history --since' = '?'
    'events history --until' = '?'
    'events history --limit' = '?'
    'events missed --since' = '?'
    'events missed --until' = '?'
    'events resend --since' = '?'
    'events resend --until' = '?'
    'events resend --limit' = '?'
    'events resend --rate' = '?'
    'events resend --canary' = '?'
    'events resend --verify' = '?'
    'dlq list --error' = '?'
    'dlq list --since' = '?'
    'dlq list --until' = '?'
    'dlq list --where' = '?'
    'dlq list --limit' = '?'
    'dlq stats --error' = '?'
    'dlq stats --since' = '?'
    'dlq stats --until' = '?'
    'dlq stats --where' = '?'
    'dlq stats --limit' = '?'
    'dlq ack --note' = '?'
    'dlq ack --until' = '?'
    'dlq replay --error' = '?'
    'dlq replay --since' = '?'
    'dlq replay --until' = '?'
    'dlq replay --where' = '?'
    'dlq replay --max-replays' = '?'
    'dlq replay --limit' = '?'
    'dlq replay --rate' = '?'
    'dlq replay --canary' = '?'
    'dlq replay --verify' = '?'
    'dlq discard --error' = '?'
    'dlq discard --since' = '?'
    'dlq discard --until' = '?'
    'dlq discard --where' = '?'
    'dlq discard --limit' = '?'
    'dlq export --error' = '?'
    'dlq export --since' = '?'
    'dlq export --until' = '?'
    'dlq export --where' = '?'
    'dlq triage --error' = '?'
    'dlq triage --since' = '?'
    'dlq triage --until' = '?'
    'dlq triage --where' = '?'
    'dlq triage --canary' = '?'
    'dlq triage --verify' = '?'
    'runbook --step' = '?'
    'check --dlq-warn' = '?'
    'check --dlq-crit' = '?'
    'check --oldest-warn' = '?'
    'check --oldest-crit' = '?'
    'check --session-warn' = '?'
    'services health --watch' = '?'
    'services health --wait' = '?'
    'services register --health' = '?'
    'services register --ttl' = '?'
    'services register --listens' = '?'
    'api -d' = '?'
    'api --data' = '?'
    'api -H' = '?'
    'api --header' = '?'
    'audit list --since' = '?'
    'audit list --until' = '?'
    'audit list --limit' = '?'
    'auth login --email' = '?'
    'auth login --mfa-code' = '?'
    'admins grant --reason' = '?'
    'admins revoke --reason' = '?'
    'sandbox run --base-port' = '?'
    'sandbox run --retry-pause' = '?'
    'sandbox start --base-port' = '?'
    'sandbox start --retry-pause' = '?'
    'sandbox fault --latency' = '?'
    'sandbox fault --error-rate' = '?'
    'sandbox traffic --rate' = '?'
    'sandbox traffic --for' = '?'
    'sandbox traffic --seed' = '?'
    'enrollments list --status' = '=pending approved rejected'
    'enrollments approve --status' = '=pending approved rejected'
    'enrollments reject --status' = '=pending approved rejected'
    'enrollments list --course' = '@courses'
    'enrollments approve --course' = '@courses'
    'enrollments reject --course' = '@courses'
    'enrollments review --course' = '@courses'
    'events publish --event-version' = '=1.0 1.1'
    'events tail --type' = '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels'
    'events history --type' = '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels'
    'events missed --channel' = '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels'
    'events resend --channel' = '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels'
    'dlq list --type' = '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels'
    'dlq stats --type' = '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels'
    'dlq replay --type' = '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels'
    'dlq discard --type' = '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels'
    'dlq export --type' = '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels'
    'dlq triage --type' = '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels'
    'events tail --session' = '@sessions'
    'events history --session' = '@sessions'
    'events resend --missed-by' = '@services'
    'dlq list --fingerprint' = '@fingerprints'
    'dlq stats --fingerprint' = '@fingerprints'
    'dlq replay --fingerprint' = '@fingerprints'
    'dlq discard --fingerprint' = '@fingerprints'
    'dlq export --fingerprint' = '@fingerprints'
    'dlq triage --fingerprint' = '@fingerprints'
    'check --format' = '=text nagios prometheus json'
    'api -X' = '=GET HEAD POST PUT PATCH DELETE'
    'api --method' = '=GET HEAD POST PUT PATCH DELETE'
    'audit list --actor' = '@actors'
    'audit list --action' = '@actions'
    'audit list --target' = '@targets'
    'sandbox fault --poison' = '=ATTENDANCE_MARKED BOOKING_CONFIRMED BOOKING_CREATED BOOKING_EXPIRED CHAT_MESSAGE CHAT_SESSION_CLOSED ENROLLMENT_APPROVED ENROLLMENT_CREATED ENROLLMENT_REJECTED SCHEDULE_CREATED USER_UPDATED'
}

Register-ArgumentCompleter -Native -CommandName shema -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # What is offered is a line: the word, a tab, its help. (A list of one pair would fall apart into two words.)
    function Offer([string] $way, [string] $typed) {
        if ($way.StartsWith('=')) {
            $fixed = @($way.Substring(1).Split(' ') | Where-Object { $_ -notlike '@*' -and $_.StartsWith($typed) })
            if ($fixed.Count) { $fixed }
            elseif ($way -match '@\S+$') { Offer $Matches[0] $typed }
        } elseif ($way.StartsWith('@')) {
            & $shema _complete @chosen $way.Substring(1) $typed 2>$null
        }
    }

    # Anybody may have thought of a value: what ends up on the line is a word, whatever is in it.
    function Quoted([string] $text) {
        if ($text -cmatch '^[A-Za-z0-9_-][A-Za-z0-9_.:/=-]*$') { $text }
        else { "'" + ($text -replace "['\u2018-\u201b]", '$0$0') + "'" }
    }

    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
            ForEach-Object { $_.Extent.Text.Trim("'", '"') })
    $shema = $words[0]
    $path = ''; $way = ''; $option = ''; $only = $false; $position = 0; $chosen = @(); $before = ''
    $place = $ShemaPlaces['']
    foreach ($word in ($words | Select-Object -Skip 1)) {
        if ($way -and $word -notlike '--*') {
            if ($option -in '--profile', '--env-file') { $chosen += $option, $word }
            $way = ''
        } elseif (-not $only -and $word -eq '--') {
            $only = $true
        } elseif (-not $only -and $word -like '--*=*') {
            if ($word -match '^--(profile|env-file)=') { $chosen += $word }
        } elseif (-not $only -and $word -like '-?*') {
            $option = $word
            $way = [string] $ShemaWays["$path $option"]
        } elseif ($place.Sub -like "$([WildcardPattern]::Escape($word))`t*") {
            $path = "$path $word".Trim()
            $place = if ($ShemaPlaces[$path]) { $ShemaPlaces[$path] } else { @{ Flags = $place.Flags } }
        } else {
            $position++
        }
    }
    $typed = $wordToComplete
    $found = @(if ($way -and $typed -notlike '--*') {
        Offer $way $typed
    } elseif (-not $only -and $typed -like '--*=*') {
        $before, $typed = $typed -split '=', 2
        $way = [string] $ShemaWays["$path $before"]
        $before += '='
        Offer $way $typed
    } elseif (-not $only -and $typed -like '-*') {
        $place.Flags
    } elseif ($place.Sub) {
        $place.Sub
    } elseif ($place.Arguments) {
        $at = [Math]::Min($position, $place.Arguments.Count - 1)
        $way = $place.Arguments[$at]
        if ($position -eq $at -or $way.EndsWith('...')) { Offer ($way -replace '\.\.\.$', '') $typed }
    })
    foreach ($item in $found) {
        $word, $help = $item -split "`t", 2
        if ($word -like "$([WildcardPattern]::Escape($typed))*") {
            if (-not $help) { $help = $word }
            [System.Management.Automation.CompletionResult]::new((Quoted ($before + $word)), $word, 'ParameterValue', $help)
        }
    }
}
