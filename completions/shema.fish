# fish completion for shema, written by `shema completions show fish`; do not edit.
#
# Commands, flags and choices are in this file, so that TAB starts nothing. Only values that live (ids, channels,
# services, profiles, sessions) are asked of `shema _complete`, which answers from a short cache or gives up.

# The words so far without options → sub and flags (a candidate, a tab and its help), arguments.
function __shema_place --no-scope-shadowing
    set sub
    set flags
    set arguments
    switch $argv[1]
        case ''
            set sub 'dashboard'\t'Show the five numbers of the school, and where each came from' 'enrollments'\t'Read and decide on enrollments' 'courses'\t'The courses, their seats, and who waits' 'find'\t'Find people, enrollments, chat sessions and events by a name or by...' 'chat'\t'Read conversations as they happen' 'users'\t'Look users up' 'events'\t'Watch and publish events' 'dlq'\t'Inspect and replay dead letters' 'trace'\t'Tell what became of somebody or something: one story out of service...' 'status'\t'Say what is wrong now, worst first, with its cause and the next com...' 'runbook'\t'Go through what is to be done about what is wrong, step by step: ea...' 'check'\t'Look at the system for a monitor: ok, warning, critical or unknown,...' 'ui'\t'Work on one screen: what is wrong, who waits, what failed; deciding...' 'services'\t'The services, their instances and their health' 'api'\t'Make an authenticated call to a service and print its answer as it...' 'tokens'\t'Issue and verify service tokens' 'audit'\t'Who did what, and proof that nothing was altered' 'setup'\t'Set up a profile: what it needs is asked for, tried at once, and wr...' 'auth'\t'Sign in and out' 'admins'\t'Who is an admin' 'config'\t'Settings and profiles' 'completions'\t'Complete commands and ids with TAB' 'doctor'\t'Look at settings, files, sign-in, Redis, services and this terminal...' 'sandbox'\t'The whole system on this machine' 'help'\t'Read about exit codes, output, settings, profiles or events, or a c...'
            set flags '--version'\t'Print the version and exit' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'dashboard'
            set flags '--watch'\t'Ask again every SECONDS (5 when not given)' '--until'\t'Watch until it is healthy or degraded' '--wait'\t'With --until: wait at most this long' '--max-stale'\t'Show no number that is older than this' '--bell'\t'With --watch: ring when something turns worse' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'enrollments'
            set sub 'list'\t'List enrollments, with the seats of their courses and the decisions...' 'show'\t'Show one enrollment and the decision on it' 'approve'\t'Approve enrollments: each is published, recorded and audited in one...' 'reject'\t'Reject enrollments, with a reason: each is published, recorded and...' 'review'\t'Go through the pending enrollments one by one, and decide on all at...'
            set flags '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'enrollments list'
            set flags '--status'\t'Only enrollments of this status' '--course'\t'Only enrollments into this course' '--limit'\t'At most so many; all when not given' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'enrollments show'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@enrollments'
        case 'enrollments approve'
            set flags '--ids-file'\t'Read ids from FILE, one a line; - for stdin' '--all-pending'\t'Every pending enrollment' '--status'\t'Only enrollments of this status' '--course'\t'Only enrollments into this course' '--reason'\t'Why, for the record' '--skip-capacity-check'\t'Do not ask whether there are seats left' '--student-id'\t'Take this as the student; do not look the enrollment up' '--allow-unheard'\t'Publish although no service listens' '--require-listeners'\t'Publish only if every service that has declared the channel listens' '--republish'\t'Publish a standing decision again' '--wait'\t'Wait until the service has taken it up' '--dry-run'\t'Say what would be done, and change nothing' '-y'\t'Do not ask' '--yes'\t'Do not ask' '--allow-mixed-target'\t'Act although another source outranks the profile' '--confirm'\t'Answer the question of a protected profile with its name' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@enrollments...'
        case 'enrollments reject'
            set flags '--ids-file'\t'Read ids from FILE, one a line; - for stdin' '--all-pending'\t'Every pending enrollment' '--status'\t'Only enrollments of this status' '--course'\t'Only enrollments into this course' '--reason'\t'Why; it goes out with the event' '--student-id'\t'Take this as the student; do not look the enrollment up' '--allow-unheard'\t'Publish although no service listens' '--require-listeners'\t'Publish only if every service that has declared the channel listens' '--republish'\t'Publish a standing decision again' '--wait'\t'Wait until the service has taken it up' '--dry-run'\t'Say what would be done, and change nothing' '-y'\t'Do not ask' '--yes'\t'Do not ask' '--allow-mixed-target'\t'Act although another source outranks the profile' '--confirm'\t'Answer the question of a protected profile with its name' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@enrollments...'
        case 'enrollments review'
            set flags '--course'\t'Only enrollments into this course' '--limit'\t'At most so many; all when not given' '--skip-capacity-check'\t'Do not ask whether there are seats left' '--allow-unheard'\t'Publish although no service listens' '--require-listeners'\t'Publish only if every service that has declared the channel listens' '--wait'\t'Wait until the service has taken it up' '--dry-run'\t'Say what would be done, and change nothing' '-y'\t'Do not ask' '--yes'\t'Do not ask' '--allow-mixed-target'\t'Act although another source outranks the profile' '--confirm'\t'Answer the question of a protected profile with its name' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'courses'
            set sub 'list'\t'List the courses with level, seats, and how many wait for one' 'show'\t'Show one course, its seats, and how many wait for one'
            set flags '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'courses list'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'courses show'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@courses'
        case 'find'
            set flags '--limit'\t'So many of each kind' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@people...'
        case 'chat'
            set sub 'tail'\t'Watch the conversations: who says what'
            set flags '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'chat tail'
            set flags '--grep'\t'Only what this matches, as it came or as it is shown' '--since'\t'From: a duration ago (2h, 3d) or an ISO time, local without offset' '--limit'\t'Stop after so many messages' '--for'\t'Stop after this time' '--idle-exit'\t'Stop when nothing came for so long' '--raw'\t'Print the messages\' bytes as they came' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@sessions...'
        case 'users'
            set sub 'show'\t'Show the user with this address; the answer is kept for 300 s, shar...'
            set flags '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'users show'
            set flags '--fresh'\t'Ask the user service even if the cache knows' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '?'
        case 'events'
            set sub 'types'\t'List the events of the system, their versions and their fields' 'schema'\t'Print the JSON Schema of all that is published on a channel, envelo...' 'publish'\t'Publish an event after checking it against the catalogue' 'record'\t'Record all that is published, for as long as this runs' 'tail'\t'Watch events and chat as they are published' 'history'\t'Show what was published, and when nobody recorded it, oldest first' 'missed'\t'Tell what was published while a service was not there, from the his...' 'resend'\t'Publish events of the history again, oldest first, byte for byte, e...'
            set flags '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'events types'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'events schema'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels'
        case 'events publish'
            set flags '--data'\t'The event\'s data: JSON, @FILE, or - for stdin' '--event-version'\t'1.0, or 1.1 to add fields' '--allow-unheard'\t'Publish although no service listens' '--require-listeners'\t'Publish only if every service that has declared the channel listens' '--dry-run'\t'Say what would be done, and change nothing' '-y'\t'Do not ask' '--yes'\t'Do not ask' '--allow-mixed-target'\t'Act although another source outranks the profile' '--confirm'\t'Answer the question of a protected profile with its name' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels'
        case 'events record'
            set flags '--retain'\t'How long to keep what was published: 12h, 7d, 30d' '--max-bytes'\t'Keep at most so much, such as 500MB: the oldest goes first' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'events tail'
            set flags '--type'\t'Only this event type or channel; * matches any text' '--where'\t'Only where data.courseId=c1 holds; repeatable, all must' '--grep'\t'Only what this matches, as it came or as it is shown' '--session'\t'Only this chat session' '--since'\t'From: a duration ago (2h, 3d) or an ISO time, local without offset' '--limit'\t'Stop after so many messages' '--for'\t'Stop after this time' '--idle-exit'\t'Stop when nothing came for so long' '--raw'\t'Print the messages\' bytes as they came' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels...'
        case 'events history'
            set flags '--type'\t'Only this event type or channel; * matches any text' '--where'\t'Only where data.courseId=c1 holds; repeatable, all must' '--grep'\t'Only what this matches, as it came or as it is shown' '--session'\t'Only this chat session' '--since'\t'From: a duration ago (2h, 3d) or an ISO time, local without offset' '--until'\t'To: a duration ago or an ISO time' '--limit'\t'At most so many, the oldest first' '--raw'\t'Print the messages\' bytes as they came' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels...'
        case 'events missed'
            set flags '--channel'\t'What it listens to, if not what it has declared; repeatable' '--since'\t'From: a duration ago (2h, 3d) or an ISO time, local without offset' '--until'\t'To: a duration ago or an ISO time' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@services'
        case 'events resend'
            set flags '--ids-file'\t'Read ids from FILE, one a line; - for stdin' '--missed-by'\t'What this service missed (shema events missed)' '--since'\t'From: a duration ago (2h, 3d) or an ISO time, local without offset' '--until'\t'To: a duration ago or an ISO time' '--channel'\t'What it listens to, if not what it has declared; repeatable' '--limit'\t'At most so many, the oldest first' '--rate'\t'At most so many a second' '--force'\t'Resend also what was resent already' '--canary'\t'Try so many first, and wait' '--verify'\t'Watch so long for events to come back' '--allow-unheard'\t'Publish although no service listens' '--require-listeners'\t'Publish only if every service that has declared the channel listens' '--dry-run'\t'Say what would be done, and change nothing' '-y'\t'Do not ask' '--yes'\t'Do not ask' '--allow-mixed-target'\t'Act although another source outranks the profile' '--confirm'\t'Answer the question of a protected profile with its name' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '?...'
        case 'dlq'
            set sub 'list'\t'List dead letters, newest first' 'show'\t'Show one dead letter: the event, the error, where it would go and w...' 'stats'\t'Count dead letters by type and by family of errors' 'ack'\t'Say that a family of errors is known: it is left out of status and...' 'unack'\t'Take back that a family of errors is known' 'replay'\t'Publish dead letters again, oldest first, each exactly once' 'discard'\t'Take dead letters out of the list for good; an export of them is wr...' 'export'\t'Write dead letters, byte for byte, to a file of JSON lines or into...' 'import'\t'Put exported dead letters back; those that are in the list already...' 'recover'\t'Take back at once what runs that died still held' 'runs'\t'List the replays, discards, imports and resends that are under way,...'
            set flags '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'dlq list'
            set flags '--type'\t'Event type or channel; * matches any text' '--error'\t'Text that the error contains' '--fingerprint'\t'A family of errors (shema dlq stats)' '--since'\t'From: a duration ago (2h, 3d) or an ISO time, local without offset' '--until'\t'To: a duration ago or an ISO time' '--where'\t'Only where data.courseId=c1 holds; repeatable, all must' '--invalid'\t'Only entries that cannot be replayed' '--limit'\t'At most so many, the newest first' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'dlq show'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@dead-letters'
        case 'dlq stats'
            set flags '--type'\t'Event type or channel; * matches any text' '--error'\t'Text that the error contains' '--fingerprint'\t'A family of errors (shema dlq stats)' '--since'\t'From: a duration ago (2h, 3d) or an ISO time, local without offset' '--until'\t'To: a duration ago or an ISO time' '--where'\t'Only where data.courseId=c1 holds; repeatable, all must' '--invalid'\t'Only entries that cannot be replayed' '--limit'\t'At most so many families of errors' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'dlq ack'
            set flags '--note'\t'What is known of it, for the others' '--until'\t'For how long: a duration from now (2h, 3d) or an ISO time' '--dry-run'\t'Say what would be done, and change nothing' '-y'\t'Do not ask' '--yes'\t'Do not ask' '--allow-mixed-target'\t'Act although another source outranks the profile' '--confirm'\t'Answer the question of a protected profile with its name' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@fingerprints'
        case 'dlq unack'
            set flags '--dry-run'\t'Say what would be done, and change nothing' '-y'\t'Do not ask' '--yes'\t'Do not ask' '--allow-mixed-target'\t'Act although another source outranks the profile' '--confirm'\t'Answer the question of a protected profile with its name' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@acknowledged'
        case 'dlq replay'
            set flags '--ids-file'\t'Read ids from FILE, one a line; - for stdin' '--all'\t'All entries that there are now' '--type'\t'Event type or channel; * matches any text' '--error'\t'Text that the error contains' '--fingerprint'\t'A family of errors (shema dlq stats)' '--since'\t'From: a duration ago (2h, 3d) or an ISO time, local without offset' '--until'\t'To: a duration ago or an ISO time' '--where'\t'Only where data.courseId=c1 holds; repeatable, all must' '--invalid'\t'Only entries that cannot be replayed' '--limit'\t'At most so many, the oldest first' '--rate'\t'At most so many a second' '--max-replays'\t'Pass over events replayed so often' '--force'\t'Replay them however often they were' '--each'\t'Publish an event once for each of its entries, and not once for all' '--edit'\t'Edit the one event in $VISUAL or $EDITOR first' '--canary'\t'Try so many first, and wait' '--verify'\t'Watch so long for events to come back' '--allow-unheard'\t'Publish although no service listens' '--require-listeners'\t'Publish only if every service that has declared the channel listens' '--dry-run'\t'Say what would be done, and change nothing' '-y'\t'Do not ask' '--yes'\t'Do not ask' '--allow-mixed-target'\t'Act although another source outranks the profile' '--confirm'\t'Answer the question of a protected profile with its name' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@dead-letters...'
        case 'dlq discard'
            set flags '--ids-file'\t'Read ids from FILE, one a line; - for stdin' '--all'\t'All entries that there are now' '--type'\t'Event type or channel; * matches any text' '--error'\t'Text that the error contains' '--fingerprint'\t'A family of errors (shema dlq stats)' '--since'\t'From: a duration ago (2h, 3d) or an ISO time, local without offset' '--until'\t'To: a duration ago or an ISO time' '--where'\t'Only where data.courseId=c1 holds; repeatable, all must' '--invalid'\t'Only entries that cannot be replayed' '--limit'\t'At most so many, the oldest first' '--export'\t'Where the export goes' '--dry-run'\t'Say what would be done, and change nothing' '-y'\t'Do not ask' '--yes'\t'Do not ask' '--allow-mixed-target'\t'Act although another source outranks the profile' '--confirm'\t'Answer the question of a protected profile with its name' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@dead-letters...'
        case 'dlq export'
            set flags '--type'\t'Event type or channel; * matches any text' '--error'\t'Text that the error contains' '--fingerprint'\t'A family of errors (shema dlq stats)' '--since'\t'From: a duration ago (2h, 3d) or an ISO time, local without offset' '--until'\t'To: a duration ago or an ISO time' '--where'\t'Only where data.courseId=c1 holds; repeatable, all must' '--invalid'\t'Only entries that cannot be replayed' '--force'\t'Replace a file that is there already' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments 'file'
        case 'dlq import'
            set flags '--dry-run'\t'Say what would be done, and change nothing' '-y'\t'Do not ask' '--yes'\t'Do not ask' '--allow-mixed-target'\t'Act although another source outranks the profile' '--confirm'\t'Answer the question of a protected profile with its name' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments 'file'
        case 'dlq recover'
            set flags '--dry-run'\t'Say what would be done, and change nothing' '-y'\t'Do not ask' '--yes'\t'Do not ask' '--allow-mixed-target'\t'Act although another source outranks the profile' '--confirm'\t'Answer the question of a protected profile with its name' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'dlq runs'
            set sub 'stop'\t'End a run gently, on whatever machine it is'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'dlq runs stop'
            set flags '--dry-run'\t'Say what would be done, and change nothing' '-y'\t'Do not ask' '--yes'\t'Do not ask' '--allow-mixed-target'\t'Act although another source outranks the profile' '--confirm'\t'Answer the question of a protected profile with its name' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@runs'
        case 'trace'
            set flags '-f'\t'Go on with what is new, as it comes' '--follow'\t'Go on with what is new, as it comes' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@enrollments'
        case 'status'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'runbook'
            set flags '--step'\t'Begin with this step' '--print'\t'Print it with its commands filled in, and run nothing' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '=service-down dead-letters family-returned run-abandoned nobody-hears missed history-gap redis-away session-lost refused trail-broken seats-full cut-off clock-off not-set-up service-refuses registration-stale'
        case 'check'
            set flags '--dlq-warn'\t'Warn from so many dead letters on' '--dlq-crit'\t'Critical from so many on' '--oldest-warn'\t'Warn when the oldest is so old' '--oldest-crit'\t'Critical when the oldest is so old' '--session-warn'\t'Warn when SHEMA_ID_TOKEN ends within this' '--format'\t'text, nagios, prometheus or json' '--write'\t'Replace FILE by it, whole or not at all' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '=services redis dlq listeners history audit session...'
        case 'ui'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '?'
        case 'services'
            set sub 'list'\t'List the services, where their instances are, and what is not confi...' 'health'\t'Check every instance of every service' 'resolve'\t'Print the instance that the next call to a service goes to' 'reset'\t'Close the circuits of a service, so that the next call goes out at...' 'register'\t'Register an instance in Redis, or renew its registration' 'deregister'\t'Remove an instance\'s registration from Redis'
            set flags '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'services list'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'services health'
            set flags '--watch'\t'Look every SECONDS (2 when not given) until interrupted' '--wait'\t'Wait at most this long until all are healthy' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@services...'
        case 'services resolve'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@services'
        case 'services reset'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@services'
        case 'services register'
            set flags '--health'\t'Its health check' '--ttl'\t'Expire after this long unless renewed' '--listens'\t'A channel or pattern that it listens to; repeatable' '--dry-run'\t'Say what would be done, and change nothing' '-y'\t'Do not ask' '--yes'\t'Do not ask' '--allow-mixed-target'\t'Act although another source outranks the profile' '--confirm'\t'Answer the question of a protected profile with its name' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@services' '?'
        case 'services deregister'
            set flags '--dry-run'\t'Say what would be done, and change nothing' '-y'\t'Do not ask' '--yes'\t'Do not ask' '--allow-mixed-target'\t'Act although another source outranks the profile' '--confirm'\t'Answer the question of a protected profile with its name' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@services' '?'
        case 'api'
            set flags '-X'\t'GET; POST when there is a body' '--method'\t'GET; POST when there is a body' '-d'\t'The body' '--data'\t'The body' '-H'\t'One more header' '--header'\t'One more header' '--dry-run'\t'Say what would be done, and change nothing' '-y'\t'Do not ask' '--yes'\t'Do not ask' '--allow-mixed-target'\t'Act although another source outranks the profile' '--confirm'\t'Answer the question of a protected profile with its name' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@services' '?'
        case 'tokens'
            set sub 'issue'\t'Issue a service token, good for five minutes, in your name' 'verify'\t'Tell what a service would answer to a token'
            set flags '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'tokens issue'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'tokens verify'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '?'
        case 'audit'
            set sub 'list'\t'Show who did what, newest first' 'verify'\t'Check that no entry was removed, changed or forged'
            set flags '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'audit list'
            set flags '--actor'\t'Only what this admin did (email or uid)' '--action'\t'Only this action, as `approve`' '--target'\t'Only what was done to this id' '--since'\t'From: a duration ago (2h, 3d) or an ISO time, local without offset' '--until'\t'To: a duration ago or an ISO time' '--limit'\t'At most so many (100 in a table; 10 with --follow)' '-f'\t'Go on with what is new, as it comes' '--follow'\t'Go on with what is new, as it comes' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'audit verify'
            set flags '--accept'\t'Forget what this machine saw earlier: a trail that was begun anew' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'setup'
            set flags '--from'\t'Take NAME=value lines from FILE, - for stdin; ask nothing' '--force'\t'Write also what failed when it was tried' '--dry-run'\t'Say what would be done, and change nothing' '-y'\t'Do not ask' '--yes'\t'Do not ask' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@profiles'
        case 'auth'
            set sub 'login'\t'Sign in as an admin' 'status'\t'Say who is signed in, and whether that would work' 'token'\t'Print the ID token, for scripts' 'logout'\t'Sign out, and remove every trace of the session'
            set flags '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'auth login'
            set flags '--email'\t'Sign in with this email and a password' '--password-stdin'\t'Read the password from the first line of stdin' '--browser'\t'Sign in with Google in a browser' '--service-account'\t'Sign in with a service account\'s key' '--mfa-code'\t'The code of the second factor' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'auth status'
            set flags '--online'\t'Also ask Firebase whether it still holds' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'auth token'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'auth logout'
            set flags '--everywhere'\t'Revoke the account\'s sessions on every machine first' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'admins'
            set sub 'list'\t'List who is an admin' 'grant'\t'Make an account an admin' 'revoke'\t'Take an account\'s admin rights'
            set flags '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'admins list'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'admins grant'
            set flags '--reason'\t'Why, for the record' '--dry-run'\t'Say what would be done, and change nothing' '-y'\t'Do not ask' '--yes'\t'Do not ask' '--allow-mixed-target'\t'Act although another source outranks the profile' '--confirm'\t'Answer the question of a protected profile with its name' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '?'
        case 'admins revoke'
            set flags '--reason'\t'Why, for the record' '--force'\t'Also the last admin, also yourself' '--dry-run'\t'Say what would be done, and change nothing' '-y'\t'Do not ask' '--yes'\t'Do not ask' '--allow-mixed-target'\t'Act although another source outranks the profile' '--confirm'\t'Answer the question of a protected profile with its name' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '?'
        case 'config'
            set sub 'show'\t'Print every setting with its value (secrets masked) and where it ca...' 'path'\t'Print where config.toml and the state folder are' 'profiles'\t'List the profiles of config.toml' 'use'\t'Make a profile the default one' 'set'\t'Set a value in a profile (the one of --profile, else the active one)'
            set flags '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'config show'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'config path'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'config profiles'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'config use'
            set flags '--dry-run'\t'Say what would be done, and change nothing' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '@profiles'
        case 'config set'
            set flags '--dry-run'\t'Say what would be done, and change nothing' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '=AUTH_SERVICE_URL USER_SERVICE_URL COURSE_SERVICE_URL BOOKING_SERVICE_URL CHAT_SERVICE_URL RECOMMENDATION_SERVICE_URL ENROLLMENT_SERVICE_URL SCHEDULE_SERVICE_URL REDIS_URL SERVICE_NAME SERVICE_JWT_SECRET FIREBASE_PROJECT_ID FIREBASE_API_KEY FIREBASE_AUTH_EMULATOR_HOST GOOGLE_APPLICATION_CREDENTIALS SHEMA_OAUTH_CLIENT_ID SHEMA_OAUTH_CLIENT_SECRET SHEMA_ID_TOKEN SHEMA_CA_FILE SHEMA_AUDIT_KEY SHEMA_PROFILE SHEMA_CONFIG_DIR SHEMA_STATE_DIR SHEMA_OUTPUT SHEMA_READ_ONLY confirm color read_only names' '?'
        case 'completions'
            set sub 'install'\t'Write the completion script to where your shell looks for it' 'show'\t'Print the completion script of a shell'
            set flags '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'completions install'
            set flags '--dry-run'\t'Say what would be done, and change nothing' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '=bash zsh fish powershell'
        case 'completions show'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '=bash zsh fish powershell'
        case 'doctor'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'sandbox'
            set sub 'run'\t'Run a command in a system of its own, signed in as an admin, and ta...' 'start'\t'Start a system that keeps running; `--profile sandbox` leads to it' 'stop'\t'Stop it; nothing of it is left' 'status'\t'Its parts, what is wrong with them on purpose, and what went on' 'env'\t'Print the variables that lead another program into it, for `eval`' 'reset'\t'Put its data back to the start and clear all faults' 'fault'\t'Make something go wrong, or right again' 'traffic'\t'Let it live: enrollments, bookings, conversations, attendance, prof...' 'drill'\t'Practise a case of the runbook: have it go wrong in the sandbox, so...' 'tour'\t'Six minutes through it: a service going down, a decision, a replay,...'
            set flags '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'sandbox run'
            set flags '--base-port'\t'Use ports N+1 to N+11, not any free ones' '--retry-pause'\t'Unit of the pauses between a service\'s attempts' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '?...'
        case 'sandbox start'
            set flags '--base-port'\t'Use ports N+1 to N+11, not any free ones' '--retry-pause'\t'Unit of the pauses between a service\'s attempts' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'sandbox stop'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'sandbox status'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'sandbox env'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'sandbox reset'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'sandbox fault'
            set flags '--down'\t'It is gone: refuses connections, hears nothing' '--deaf'\t'It answers, and hears nothing: its subscriptions are lost' '--latency'\t'It answers that much later' '--error-rate'\t'That share is a 500' '--garbage'\t'It answers HTML instead of JSON' '--hang'\t'It takes connections and never answers' '--no-lists'\t'It offers no lists: 404 for those of users or courses' '--poison'\t'It fails at these events' '--clear'\t'All of it is well again' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '=auth user course booking chat recommendation enrollment schedule redis firebase history'
        case 'sandbox traffic'
            set flags '--rate'\t'Events a second' '--for'\t'Stop after this time' '--seed'\t'The same life for the same number' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'sandbox drill'
            set flags '--check'\t'Say whether the one that is staged is solved, and what remains' '--hint'\t'Say its next step' '--stop'\t'End it: the sandbox is as at the start again' '-y'\t'Do not ask' '--yes'\t'Do not ask' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '=service-down dead-letters family-returned run-abandoned nobody-hears missed history-gap redis-away session-lost refused trail-broken seats-full service-refuses registration-stale'
        case 'sandbox tour'
            set flags '--auto'\t'Play it without waiting for Enter' '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
        case 'help'
            set flags '-o'\t'table, json or csv' '--output'\t'table, json or csv' '--json'\t'Short for -o json' '-v'\t'Log every call to a service on stderr' '--verbose'\t'Log every call to a service on stderr' '--log-format'\t'Log calls as text or json' '--profile'\t'The profile of config.toml to use' '--env-file'\t'Read this file instead of ./.env' '--read-only'\t'Refuse every command that changes something' '-h'\t'Show this message and exit' '--help'\t'Show this message and exit'
            set arguments '=exit-codes output environment profiles networks events dashboard enrollments courses find chat users events dlq trace status runbook check ui services api tokens audit setup auth admins config completions doctor sandbox help...'
    end
end

# A command and one of its options → how the option's value completes; empty: it takes none.
function __shema_way --no-scope-shadowing
    set way ''
    switch "$argv[1] $argv[2]"
        case '* -o' '* --output'
            set way '=table json csv'
        case '* --log-format'
            set way '=text json'
        case '* --profile' 'enrollments approve --confirm' 'enrollments reject --confirm' 'enrollments review --confirm' 'events publish --confirm' 'events resend --confirm' 'dlq ack --confirm' 'dlq unack --confirm' 'dlq replay --confirm' 'dlq discard --confirm' 'dlq import --confirm' 'dlq recover --confirm' 'dlq runs stop --confirm' 'services register --confirm' 'services deregister --confirm' 'api --confirm' 'admins grant --confirm' 'admins revoke --confirm'
            set way '@profiles'
        case '* --env-file' 'enrollments approve --ids-file' 'enrollments reject --ids-file' 'events resend --ids-file' 'dlq replay --ids-file' 'dlq discard --ids-file' 'dlq discard --export' 'check --write' 'setup --from' 'auth login --service-account'
            set way 'file'
        case 'dashboard --watch' 'services health --watch' 'dashboard --wait' 'enrollments approve --wait' 'enrollments reject --wait' 'enrollments review --wait' 'services health --wait' 'dashboard --max-stale' 'enrollments list --limit' 'enrollments review --limit' 'find --limit' 'chat tail --limit' 'events tail --limit' 'events history --limit' 'events resend --limit' 'dlq list --limit' 'dlq stats --limit' 'dlq replay --limit' 'dlq discard --limit' 'audit list --limit' 'enrollments approve --reason' 'enrollments reject --reason' 'admins grant --reason' 'admins revoke --reason' 'enrollments approve --student-id' 'enrollments reject --student-id' 'chat tail --grep' 'events tail --grep' 'events history --grep' 'chat tail --since' 'events tail --since' 'events history --since' 'events missed --since' 'events resend --since' 'dlq list --since' 'dlq stats --since' 'dlq replay --since' 'dlq discard --since' 'dlq export --since' 'audit list --since' 'chat tail --for' 'events tail --for' 'sandbox traffic --for' 'chat tail --idle-exit' 'events tail --idle-exit' 'events publish --data' 'api --data' 'events record --retain' 'events record --max-bytes' 'events tail --where' 'events history --where' 'dlq list --where' 'dlq stats --where' 'dlq replay --where' 'dlq discard --where' 'dlq export --where' 'events history --until' 'events missed --until' 'events resend --until' 'dlq list --until' 'dlq stats --until' 'dlq ack --until' 'dlq replay --until' 'dlq discard --until' 'dlq export --until' 'audit list --until' 'events resend --rate' 'dlq replay --rate' 'sandbox traffic --rate' 'events resend --canary' 'dlq replay --canary' 'events resend --verify' 'dlq replay --verify' 'dlq list --error' 'dlq stats --error' 'dlq replay --error' 'dlq discard --error' 'dlq export --error' 'dlq ack --note' 'dlq replay --max-replays' 'runbook --step' 'check --dlq-warn' 'check --dlq-crit' 'check --oldest-warn' 'check --oldest-crit' 'check --session-warn' 'services register --health' 'services register --ttl' 'services register --listens' 'api -d' 'api -H' 'api --header' 'auth login --email' 'auth login --mfa-code' 'sandbox run --base-port' 'sandbox start --base-port' 'sandbox run --retry-pause' 'sandbox start --retry-pause' 'sandbox fault --latency' 'sandbox fault --error-rate' 'sandbox traffic --seed'
            set way '?'
        case 'dashboard --until'
            set way '=healthy degraded'
        case 'enrollments list --status' 'enrollments approve --status' 'enrollments reject --status'
            set way '=pending approved rejected'
        case 'enrollments list --course' 'enrollments approve --course' 'enrollments reject --course' 'enrollments review --course'
            set way '@courses'
        case 'events publish --event-version'
            set way '=1.0 1.1'
        case 'events tail --type' 'events history --type' 'dlq list --type' 'dlq stats --type' 'dlq replay --type' 'dlq discard --type' 'dlq export --type' 'events missed --channel' 'events resend --channel'
            set way '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels'
        case 'events tail --session' 'events history --session'
            set way '@sessions'
        case 'events resend --missed-by'
            set way '@services'
        case 'dlq list --fingerprint' 'dlq stats --fingerprint' 'dlq replay --fingerprint' 'dlq discard --fingerprint' 'dlq export --fingerprint'
            set way '@fingerprints'
        case 'check --format'
            set way '=text nagios prometheus json'
        case 'api -X' 'api --method'
            set way '=GET HEAD POST PUT PATCH DELETE'
        case 'audit list --actor'
            set way '@actors'
        case 'audit list --action'
            set way '@actions'
        case 'audit list --target'
            set way '@targets'
        case 'sandbox fault --poison'
            set way '=ATTENDANCE_MARKED BOOKING_CONFIRMED BOOKING_CREATED BOOKING_EXPIRED CHAT_MESSAGE CHAT_SESSION_CLOSED ENROLLMENT_APPROVED ENROLLMENT_CREATED ENROLLMENT_REJECTED SCHEDULE_CREATED USER_UPDATED'
    end
end

# A way, what is typed so far, and what to put before each candidate.
function __shema_offer --no-scope-shadowing
    switch $argv[1]
        case '=*'
            set -l found
            for word in (string split ' ' -- (string sub -s 2 -- $argv[1]))
                if string match -q -- '@*' $word
                    test -n "$found"; or __shema_offer $word "$argv[2]" "$argv[3]"
                else if test (string sub -l (string length -- "$argv[2]") -- $word)x = "$argv[2]"x
                    set found 1
                    printf '%s%s\n' $argv[3] $word
                end
            end
        case '@*'
            command -q $shema; or return
            for line in (command $shema _complete $chosen (string sub -s 2 -- $argv[1]) $argv[2] 2>/dev/null)
                printf '%s%s\n' $argv[3] $line
            end
        case file
            __fish_complete_path $argv[2]
        case dir
            __fish_complete_directories $argv[2]
    end
end

function __shema
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l shema $words[1]
    set -l path ''
    set -l way ''
    set -l option ''
    set -l only
    set -l position 1
    set -l chosen
    set -l sub
    set -l flags
    set -l arguments
    __shema_place ''
    for word in $words[2..-1]
        if test -n "$way"; and not string match -q -- '--*' $word
            contains -- $option --profile --env-file; and set -a chosen $option $word
            set way ''
        else if test -z "$only" -a "$word" = --
            set only 1
        else if test -z "$only"; and string match -q -- '--*=*' $word
            string match -qr -- '^--(profile|env-file)=' $word; and set -a chosen $word
        else if test -z "$only"; and string match -q -- '-?*' $word
            set option $word
            __shema_way "$path" $option
        else if string match -q -- $word\t'*' $sub
            set path (string trim -- "$path $word")
            __shema_place $path
        else
            set position (math $position + 1)
        end
    end
    if test -n "$way"; and not string match -q -- '--*' $current
        __shema_offer $way "$current" ''
    else if test -z "$only"; and string match -q -- '--*=*' $current
        set -l parts (string split -m 1 = -- $current)
        __shema_way "$path" $parts[1]
        __shema_offer "$way" "$parts[2]" "$parts[1]="
    else if test -z "$only"; and string match -q -- '-*' $current
        printf '%s\n' $flags
    else if set -q sub[1]
        printf '%s\n' $sub
    else if set -q arguments[$position]
        __shema_offer (string replace -r '\.\.\.$' '' -- $arguments[$position]) "$current" ''
    else if string match -q -- '*...' "$arguments[-1]"
        __shema_offer (string replace -r '\.\.\.$' '' -- $arguments[-1]) "$current" ''
    end
end

complete -c shema -e
complete -c shema -f -k -a '(__shema)'
