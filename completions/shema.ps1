# PowerShell completion for shema, written by `shema completions show powershell`; do not edit.
#
# Commands, flags and choices are in this file, so that TAB starts nothing. Only values that live (ids, channels,
# services, profiles, sessions) are asked of `shema _complete`, which answers from a short cache or gives up.

# The words so far without options → the commands and flags that may follow, with their help; the arguments' ways.
$script:ShemaPlaces = @{
    '' = @{ Sub = @(@('dashboard', 'Show the five numbers of the school, and where each came from'), @('enrollments', 'Read and decide on enrollments'), @('chat', 'Read conversations as they happen'), @('users', 'Look users up'), @('events', 'Watch and publish events'), @('dlq', 'Inspect and replay dead letters'), @('trace', 'Follow one id through decisions, audit trail, dead letters and live...'), @('services', 'The services, their instances and their health'), @('api', 'Make an authenticated call to a service and print its answer as it...'), @('tokens', 'Issue and verify service tokens'), @('audit', 'Who did what, and proof that nothing was altered'), @('auth', 'Sign in and out'), @('admins', 'Who is an admin'), @('config', 'Settings and profiles'), @('completions', 'Complete commands and ids with TAB'), @('doctor', 'Look at settings, files, sign-in, Redis, services and this terminal...'), @('sandbox', 'The whole system on this machine'), @('help', 'Read about exit codes, output, settings, profiles or events, or a c...')); Flags = @(@('--version', 'Print the version and exit'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'dashboard' = @{ Sub = @(); Flags = @(@('--watch', 'Ask again every SECONDS (5 when not given)'), @('--max-stale', 'Show no number that is older than this'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'enrollments' = @{ Sub = @(@('list', 'List enrollments, with the seats of their courses and the decisions...'), @('show', 'Show one enrollment and the decision on it'), @('approve', 'Approve enrollments: each is published, recorded and audited in one...'), @('reject', 'Reject enrollments, with a reason: each is published, recorded and...')); Flags = @(@('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'enrollments list' = @{ Sub = @(); Flags = @(@('--status', 'Only enrollments of this status'), @('--course', 'Only enrollments into this course'), @('--limit', 'At most so many; all when not given'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'enrollments show' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('@enrollments') }
    'enrollments approve' = @{ Sub = @(); Flags = @(@('--ids-file', 'Read ids from a file, one a line; - for stdin'), @('--all-pending', 'Every pending enrollment'), @('--status', 'Only enrollments of this status'), @('--course', 'Only enrollments into this course'), @('--reason', 'Why, for the record'), @('--student-id', 'Take this as the student; look nothing up'), @('--skip-capacity-check', 'Do not ask whether there are seats left'), @('--allow-unheard', 'Publish even when no service listens'), @('--republish', 'Publish a standing decision again'), @('--wait', 'Wait until the service has taken it up'), @('--dry-run', 'Say what would happen, and change nothing'), @('-y', 'Do not ask'), @('--yes', 'Do not ask'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('@enrollments...') }
    'enrollments reject' = @{ Sub = @(); Flags = @(@('--ids-file', 'Read ids from a file, one a line; - for stdin'), @('--all-pending', 'Every pending enrollment'), @('--status', 'Only enrollments of this status'), @('--course', 'Only enrollments into this course'), @('--reason', 'Why; it goes out with the event'), @('--student-id', 'Take this as the student; look nothing up'), @('--allow-unheard', 'Publish even when no service listens'), @('--republish', 'Publish a standing decision again'), @('--wait', 'Wait until the service has taken it up'), @('--dry-run', 'Say what would happen, and change nothing'), @('-y', 'Do not ask'), @('--yes', 'Do not ask'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('@enrollments...') }
    'chat' = @{ Sub = @(@('tail', 'Watch the conversations: who says what')); Flags = @(@('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'chat tail' = @{ Sub = @(); Flags = @(@('--grep', 'Only payloads that this matches'), @('--limit', 'Stop after so many messages'), @('--for', 'Stop after this time'), @('--idle-exit', 'Stop when nothing was said for so long'), @('--raw', 'Print the messages'' bytes as they came'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('@sessions...') }
    'users' = @{ Sub = @(@('show', 'Show the user with this address; the answer is kept for 300 s, shar...')); Flags = @(@('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'users show' = @{ Sub = @(); Flags = @(@('--fresh', 'Ask the user service even if the cache knows'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('?') }
    'events' = @{ Sub = @(@('types', 'List the events of the system, their versions and their fields'), @('schema', 'Print the JSON Schema of all that is published on a channel, envelo...'), @('publish', 'Publish an event after checking it against the catalogue'), @('tail', 'Watch events and chat as they are published')); Flags = @(@('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'events types' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'events schema' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels') }
    'events publish' = @{ Sub = @(); Flags = @(@('--data', 'The event''s data: JSON, @FILE, or - for stdin'), @('--event-version', '1.0, or 1.1 to add fields'), @('--allow-unheard', 'Publish even if no service listens'), @('--dry-run', 'Check everything and publish nothing'), @('--yes', 'Do not ask'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels') }
    'events tail' = @{ Sub = @(); Flags = @(@('--type', 'Only this eventType; repeatable'), @('--where', 'Only where data.courseId=c1 holds; repeatable, all must'), @('--grep', 'Only payloads that this matches'), @('--session', 'Only this chat session'), @('--limit', 'Stop after so many messages'), @('--for', 'Stop after this time'), @('--idle-exit', 'Stop when nothing was shown for so long'), @('--raw', 'Print the messages'' bytes as they came'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels...') }
    'dlq' = @{ Sub = @(@('list', 'List dead letters, newest first'), @('show', 'Show one dead letter: the event, the error, where it would go and w...'), @('stats', 'Count dead letters by type and by family of errors'), @('replay', 'Publish dead letters again, oldest first, each exactly once'), @('discard', 'Take dead letters out of the list for good; an export of them is wr...'), @('export', 'Write dead letters, byte for byte, to a file of JSON lines'), @('import', 'Put exported dead letters back; those that are in the list already...'), @('recover', 'Take back at once what runs that died still held')); Flags = @(@('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'dlq list' = @{ Sub = @(); Flags = @(@('--type', 'Event type or channel; * matches any text'), @('--error', 'Text that the error contains'), @('--fingerprint', 'A family of errors (shema dlq stats)'), @('--since', 'Failed since: 2h ago, or an ISO time'), @('--until', 'Failed until: 2h ago, or an ISO time'), @('--invalid', 'Only entries that cannot be replayed'), @('--limit', 'At most so many, the newest first'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'dlq show' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('@dead-letters') }
    'dlq stats' = @{ Sub = @(); Flags = @(@('--type', 'Event type or channel; * matches any text'), @('--error', 'Text that the error contains'), @('--fingerprint', 'A family of errors (shema dlq stats)'), @('--since', 'Failed since: 2h ago, or an ISO time'), @('--until', 'Failed until: 2h ago, or an ISO time'), @('--invalid', 'Only entries that cannot be replayed'), @('--limit', 'At most so many families of errors'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'dlq replay' = @{ Sub = @(); Flags = @(@('--ids-file', 'Read ids from FILE, or - for stdin'), @('--all', 'All entries that there are now'), @('--type', 'Event type or channel; * matches any text'), @('--error', 'Text that the error contains'), @('--fingerprint', 'A family of errors (shema dlq stats)'), @('--since', 'Failed since: 2h ago, or an ISO time'), @('--until', 'Failed until: 2h ago, or an ISO time'), @('--invalid', 'Only entries that cannot be replayed'), @('--limit', 'At most so many, the oldest first'), @('--rate', 'At most so many a second'), @('--max-replays', 'Pass over events replayed so often'), @('--force', 'Replay them however often they were'), @('--edit', 'Edit the one event in $EDITOR first'), @('--canary', 'Try so many first, and wait'), @('--verify', 'Watch so long for events to come back'), @('--allow-unheard', 'Publish although nobody listens'), @('--dry-run', 'Say what would be done, and change nothing'), @('-y', 'Do not ask'), @('--yes', 'Do not ask'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('@dead-letters...') }
    'dlq discard' = @{ Sub = @(); Flags = @(@('--ids-file', 'Read ids from FILE, or - for stdin'), @('--all', 'All entries that there are now'), @('--type', 'Event type or channel; * matches any text'), @('--error', 'Text that the error contains'), @('--fingerprint', 'A family of errors (shema dlq stats)'), @('--since', 'Failed since: 2h ago, or an ISO time'), @('--until', 'Failed until: 2h ago, or an ISO time'), @('--invalid', 'Only entries that cannot be replayed'), @('--limit', 'At most so many, the oldest first'), @('--export', 'Where the export goes'), @('--dry-run', 'Say what would be done, and change nothing'), @('-y', 'Do not ask'), @('--yes', 'Do not ask'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('@dead-letters...') }
    'dlq export' = @{ Sub = @(); Flags = @(@('--type', 'Event type or channel; * matches any text'), @('--error', 'Text that the error contains'), @('--fingerprint', 'A family of errors (shema dlq stats)'), @('--since', 'Failed since: 2h ago, or an ISO time'), @('--until', 'Failed until: 2h ago, or an ISO time'), @('--invalid', 'Only entries that cannot be replayed'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('file') }
    'dlq import' = @{ Sub = @(); Flags = @(@('--dry-run', 'Say what would be done, and change nothing'), @('-y', 'Do not ask'), @('--yes', 'Do not ask'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('file') }
    'dlq recover' = @{ Sub = @(); Flags = @(@('--dry-run', 'Say what would be done, and change nothing'), @('-y', 'Do not ask'), @('--yes', 'Do not ask'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'trace' = @{ Sub = @(); Flags = @(@('-f', 'Go on with each event that mentions it'), @('--follow', 'Go on with each event that mentions it'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('@enrollments') }
    'services' = @{ Sub = @(@('list', 'List the services, where their instances are, and what is not confi...'), @('health', 'Check every instance of every service'), @('resolve', 'Print the instance that the next call to a service goes to'), @('register', 'Register an instance in Redis, or renew its registration'), @('deregister', 'Remove an instance''s registration from Redis')); Flags = @(@('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'services list' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'services health' = @{ Sub = @(); Flags = @(@('--watch', 'Look every two seconds until interrupted'), @('--wait', 'Wait at most this long until all are healthy'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('@services...') }
    'services resolve' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('@services') }
    'services register' = @{ Sub = @(); Flags = @(@('--health', 'Its health check'), @('--ttl', 'Expire after this long unless renewed'), @('--dry-run', 'Say what would change, and change nothing'), @('--yes', 'Do not ask'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('@services', '?') }
    'services deregister' = @{ Sub = @(); Flags = @(@('--dry-run', 'Say what would change, and change nothing'), @('--yes', 'Do not ask'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('@services', '?') }
    'api' = @{ Sub = @(); Flags = @(@('-X', 'GET; POST when there is a body'), @('--method', 'GET; POST when there is a body'), @('-d', 'The body'), @('--data', 'The body'), @('-H', 'One more header'), @('--header', 'One more header'), @('--dry-run', 'Show what would be sent, and send nothing'), @('-y', 'Do not ask before a change'), @('--yes', 'Do not ask before a change'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('@services', '?') }
    'tokens' = @{ Sub = @(@('issue', 'Issue a service token, good for five minutes, in your name'), @('verify', 'Tell what a service would answer to a token')); Flags = @(@('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'tokens issue' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'tokens verify' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('?') }
    'audit' = @{ Sub = @(@('list', 'Show who did what, newest first'), @('verify', 'Check that no entry was removed, changed or forged')); Flags = @(@('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'audit list' = @{ Sub = @(); Flags = @(@('--actor', 'Only what this admin did (email or uid)'), @('--action', 'Only this action, as `approve`'), @('--target', 'Only what was done to this id'), @('--since', 'From: a duration ago (2h, 3d) or an ISO time'), @('--until', 'To: a duration ago or an ISO time'), @('--limit', 'At most so many (100; 10 with --follow)'), @('-f', 'Go on with each new entry as it comes'), @('--follow', 'Go on with each new entry as it comes'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'audit verify' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'auth' = @{ Sub = @(@('login', 'Sign in as an admin'), @('status', 'Say who is signed in, and whether that would work'), @('token', 'Print the ID token, for scripts'), @('logout', 'Sign out, and remove every trace of the session')); Flags = @(@('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'auth login' = @{ Sub = @(); Flags = @(@('--email', 'Sign in with this email and a password'), @('--password-stdin', 'Read the password from the first line of stdin'), @('--browser', 'Sign in with Google in a browser'), @('--service-account', 'Sign in with a service account''s key'), @('--mfa-code', 'The code of the second factor'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'auth status' = @{ Sub = @(); Flags = @(@('--online', 'Also ask Firebase whether it still holds'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'auth token' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'auth logout' = @{ Sub = @(); Flags = @(@('--everywhere', 'Revoke the account''s sessions on every machine first'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'admins' = @{ Sub = @(@('list', 'List who is an admin'), @('grant', 'Make an account an admin'), @('revoke', 'Take an account''s admin rights')); Flags = @(@('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'admins list' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'admins grant' = @{ Sub = @(); Flags = @(@('--reason', 'Why, for the audit trail'), @('--dry-run', 'Say what would be done, and do nothing'), @('-y', 'Do not ask'), @('--yes', 'Do not ask'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('?') }
    'admins revoke' = @{ Sub = @(); Flags = @(@('--reason', 'Why, for the audit trail'), @('--force', 'Also the last admin, also yourself'), @('--dry-run', 'Say what would be done, and do nothing'), @('-y', 'Do not ask'), @('--yes', 'Do not ask'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('?') }
    'config' = @{ Sub = @(@('show', 'Print every setting with its value (secrets masked) and where it ca...'), @('path', 'Print where config.toml and the state folder are'), @('profiles', 'List the profiles of config.toml'), @('use', 'Make a profile the default one'), @('set', 'Set a value in a profile (the one of --profile, else the active one)')); Flags = @(@('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'config show' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'config path' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'config profiles' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'config use' = @{ Sub = @(); Flags = @(@('--dry-run', 'Show what would be written, and write nothing'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('@profiles') }
    'config set' = @{ Sub = @(); Flags = @(@('--dry-run', 'Show what would be written, and write nothing'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('=AUTH_SERVICE_URL USER_SERVICE_URL COURSE_SERVICE_URL BOOKING_SERVICE_URL CHAT_SERVICE_URL RECOMMENDATION_SERVICE_URL ENROLLMENT_SERVICE_URL SCHEDULE_SERVICE_URL REDIS_URL SERVICE_NAME SERVICE_JWT_SECRET FIREBASE_PROJECT_ID FIREBASE_API_KEY FIREBASE_AUTH_EMULATOR_HOST GOOGLE_APPLICATION_CREDENTIALS SHEMA_OAUTH_CLIENT_ID SHEMA_OAUTH_CLIENT_SECRET SHEMA_ID_TOKEN SHEMA_PROFILE SHEMA_CONFIG_DIR SHEMA_STATE_DIR SHEMA_OUTPUT confirm color', '?') }
    'completions' = @{ Sub = @(@('install', 'Write the completion script to where your shell looks for it'), @('show', 'Print the completion script of a shell')); Flags = @(@('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'completions install' = @{ Sub = @(); Flags = @(@('--dry-run', 'Say what would be written, and write nothing'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('=bash zsh fish powershell') }
    'completions show' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('=bash zsh fish powershell') }
    'doctor' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'sandbox' = @{ Sub = @(@('run', 'Run a command in a system of its own, signed in as an admin, and ta...'), @('start', 'Start a system that keeps running; `--profile sandbox` leads to it'), @('stop', 'Stop it; nothing of it is left'), @('status', 'Its parts, what is wrong with them on purpose, and what went on'), @('env', 'Print the variables that lead another program into it, for `eval`'), @('reset', 'Put its data back to the start and clear all faults'), @('fault', 'Make something go wrong, or right again'), @('traffic', 'Let it live: enrollments, bookings, conversations, attendance, prof...'), @('tour', 'Five minutes through it: a service going down, a decision, a dead l...')); Flags = @(@('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'sandbox run' = @{ Sub = @(); Flags = @(@('--base-port', 'Use ports N+1 to N+11, not any free ones'), @('--retry-pause', 'Unit of the pauses between a service''s attempts'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('?...') }
    'sandbox start' = @{ Sub = @(); Flags = @(@('--base-port', 'Use ports N+1 to N+11, not any free ones'), @('--retry-pause', 'Unit of the pauses between a service''s attempts'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'sandbox stop' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'sandbox status' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'sandbox env' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'sandbox reset' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'sandbox fault' = @{ Sub = @(); Flags = @(@('--down', 'It is gone: refuses connections, hears nothing'), @('--latency', 'It answers that much later'), @('--error-rate', 'That share is a 500'), @('--garbage', 'It answers HTML instead of JSON'), @('--hang', 'It takes connections and never answers'), @('--poison', 'It fails at these events'), @('--clear', 'All of it is well again'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('?') }
    'sandbox traffic' = @{ Sub = @(); Flags = @(@('--rate', 'Events a second'), @('--for', 'Stop after so long'), @('--seed', 'The same life for the same number'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'sandbox tour' = @{ Sub = @(); Flags = @(@('--auto', 'Play it without waiting for Enter'), @('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @() }
    'help' = @{ Sub = @(); Flags = @(@('-o', 'table, json or csv'), @('--output', 'table, json or csv'), @('--json', 'Short for -o json'), @('-v', 'Log every call to a service on stderr'), @('--verbose', 'Log every call to a service on stderr'), @('--log-format', 'Log calls as text or json'), @('--profile', 'The profile of config.toml to use'), @('--env-file', 'Read this file instead of ./.env'), @('-h', 'Show this message and exit'), @('--help', 'Show this message and exit')); Arguments = @('=exit-codes output environment profiles events dashboard enrollments chat users events dlq trace services api tokens audit auth admins config completions doctor sandbox help...') }
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
    'chat tail -o' = '=table json csv'
    'chat tail --output' = '=table json csv'
    'users show -o' = '=table json csv'
    'users show --output' = '=table json csv'
    'events types -o' = '=table json csv'
    'events types --output' = '=table json csv'
    'events schema -o' = '=table json csv'
    'events schema --output' = '=table json csv'
    'events publish -o' = '=table json csv'
    'events publish --output' = '=table json csv'
    'events tail -o' = '=table json csv'
    'events tail --output' = '=table json csv'
    'dlq list -o' = '=table json csv'
    'dlq list --output' = '=table json csv'
    'dlq show -o' = '=table json csv'
    'dlq show --output' = '=table json csv'
    'dlq stats -o' = '=table json csv'
    'dlq stats --output' = '=table json csv'
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
    'trace -o' = '=table json csv'
    'trace --output' = '=table json csv'
    'services list -o' = '=table json csv'
    'services list --output' = '=table json csv'
    'services health -o' = '=table json csv'
    'services health --output' = '=table json csv'
    'services resolve -o' = '=table json csv'
    'services resolve --output' = '=table json csv'
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
    'sandbox tour -o' = '=table json csv'
    'sandbox tour --output' = '=table json csv'
    'help -o' = '=table json csv'
    'help --output' = '=table json csv'
    ' --log-format' = '=text json'
    'dashboard --log-format' = '=text json'
    'enrollments list --log-format' = '=text json'
    'enrollments show --log-format' = '=text json'
    'enrollments approve --log-format' = '=text json'
    'enrollments reject --log-format' = '=text json'
    'chat tail --log-format' = '=text json'
    'users show --log-format' = '=text json'
    'events types --log-format' = '=text json'
    'events schema --log-format' = '=text json'
    'events publish --log-format' = '=text json'
    'events tail --log-format' = '=text json'
    'dlq list --log-format' = '=text json'
    'dlq show --log-format' = '=text json'
    'dlq stats --log-format' = '=text json'
    'dlq replay --log-format' = '=text json'
    'dlq discard --log-format' = '=text json'
    'dlq export --log-format' = '=text json'
    'dlq import --log-format' = '=text json'
    'dlq recover --log-format' = '=text json'
    'trace --log-format' = '=text json'
    'services list --log-format' = '=text json'
    'services health --log-format' = '=text json'
    'services resolve --log-format' = '=text json'
    'services register --log-format' = '=text json'
    'services deregister --log-format' = '=text json'
    'api --log-format' = '=text json'
    'tokens issue --log-format' = '=text json'
    'tokens verify --log-format' = '=text json'
    'audit list --log-format' = '=text json'
    'audit verify --log-format' = '=text json'
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
    'sandbox tour --log-format' = '=text json'
    'help --log-format' = '=text json'
    ' --profile' = '@profiles'
    'dashboard --profile' = '@profiles'
    'enrollments list --profile' = '@profiles'
    'enrollments show --profile' = '@profiles'
    'enrollments approve --profile' = '@profiles'
    'enrollments reject --profile' = '@profiles'
    'chat tail --profile' = '@profiles'
    'users show --profile' = '@profiles'
    'events types --profile' = '@profiles'
    'events schema --profile' = '@profiles'
    'events publish --profile' = '@profiles'
    'events tail --profile' = '@profiles'
    'dlq list --profile' = '@profiles'
    'dlq show --profile' = '@profiles'
    'dlq stats --profile' = '@profiles'
    'dlq replay --profile' = '@profiles'
    'dlq discard --profile' = '@profiles'
    'dlq export --profile' = '@profiles'
    'dlq import --profile' = '@profiles'
    'dlq recover --profile' = '@profiles'
    'trace --profile' = '@profiles'
    'services list --profile' = '@profiles'
    'services health --profile' = '@profiles'
    'services resolve --profile' = '@profiles'
    'services register --profile' = '@profiles'
    'services deregister --profile' = '@profiles'
    'api --profile' = '@profiles'
    'tokens issue --profile' = '@profiles'
    'tokens verify --profile' = '@profiles'
    'audit list --profile' = '@profiles'
    'audit verify --profile' = '@profiles'
    'auth login --profile' = '@profiles'
    'auth status --profile' = '@profiles'
    'auth token --profile' = '@profiles'
    'auth logout --profile' = '@profiles'
    'admins list --profile' = '@profiles'
    'admins grant --profile' = '@profiles'
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
    'sandbox tour --profile' = '@profiles'
    'help --profile' = '@profiles'
    ' --env-file' = 'file'
    'dashboard --env-file' = 'file'
    'enrollments list --env-file' = 'file'
    'enrollments show --env-file' = 'file'
    'enrollments approve --ids-file' = 'file'
    'enrollments approve --env-file' = 'file'
    'enrollments reject --ids-file' = 'file'
    'enrollments reject --env-file' = 'file'
    'chat tail --env-file' = 'file'
    'users show --env-file' = 'file'
    'events types --env-file' = 'file'
    'events schema --env-file' = 'file'
    'events publish --env-file' = 'file'
    'events tail --env-file' = 'file'
    'dlq list --env-file' = 'file'
    'dlq show --env-file' = 'file'
    'dlq stats --env-file' = 'file'
    'dlq replay --ids-file' = 'file'
    'dlq replay --env-file' = 'file'
    'dlq discard --ids-file' = 'file'
    'dlq discard --export' = 'file'
    'dlq discard --env-file' = 'file'
    'dlq export --env-file' = 'file'
    'dlq import --env-file' = 'file'
    'dlq recover --env-file' = 'file'
    'trace --env-file' = 'file'
    'services list --env-file' = 'file'
    'services health --env-file' = 'file'
    'services resolve --env-file' = 'file'
    'services register --env-file' = 'file'
    'services deregister --env-file' = 'file'
    'api --env-file' = 'file'
    'tokens issue --env-file' = 'file'
    'tokens verify --env-file' = 'file'
    'audit list --env-file' = 'file'
    'audit verify --env-file' = 'file'
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
    'sandbox tour --env-file' = 'file'
    'help --env-file' = 'file'
    'dashboard --watch' = '?'
    'dashboard --max-stale' = '?'
    'enrollments list --course' = '?'
    'enrollments list --limit' = '?'
    'enrollments approve --course' = '?'
    'enrollments approve --reason' = '?'
    'enrollments approve --student-id' = '?'
    'enrollments approve --wait' = '?'
    'enrollments reject --course' = '?'
    'enrollments reject --reason' = '?'
    'enrollments reject --student-id' = '?'
    'enrollments reject --wait' = '?'
    'chat tail --grep' = '?'
    'chat tail --limit' = '?'
    'chat tail --for' = '?'
    'chat tail --idle-exit' = '?'
    'events publish --data' = '?'
    'events publish --event-version' = '?'
    'events tail --where' = '?'
    'events tail --grep' = '?'
    'events tail --limit' = '?'
    'events tail --for' = '?'
    'events tail --idle-exit' = '?'
    'dlq list --error' = '?'
    'dlq list --fingerprint' = '?'
    'dlq list --since' = '?'
    'dlq list --until' = '?'
    'dlq list --limit' = '?'
    'dlq stats --type' = '?'
    'dlq stats --error' = '?'
    'dlq stats --fingerprint' = '?'
    'dlq stats --since' = '?'
    'dlq stats --until' = '?'
    'dlq stats --limit' = '?'
    'dlq replay --error' = '?'
    'dlq replay --fingerprint' = '?'
    'dlq replay --since' = '?'
    'dlq replay --until' = '?'
    'dlq replay --limit' = '?'
    'dlq replay --rate' = '?'
    'dlq replay --max-replays' = '?'
    'dlq replay --canary' = '?'
    'dlq replay --verify' = '?'
    'dlq discard --error' = '?'
    'dlq discard --fingerprint' = '?'
    'dlq discard --since' = '?'
    'dlq discard --until' = '?'
    'dlq discard --limit' = '?'
    'dlq export --type' = '?'
    'dlq export --error' = '?'
    'dlq export --fingerprint' = '?'
    'dlq export --since' = '?'
    'dlq export --until' = '?'
    'services health --wait' = '?'
    'services register --health' = '?'
    'services register --ttl' = '?'
    'api -d' = '?'
    'api --data' = '?'
    'api -H' = '?'
    'api --header' = '?'
    'audit list --actor' = '?'
    'audit list --action' = '?'
    'audit list --target' = '?'
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
    'sandbox fault --poison' = '?'
    'sandbox traffic --rate' = '?'
    'sandbox traffic --for' = '?'
    'sandbox traffic --seed' = '?'
    'enrollments list --status' = '=pending approved rejected'
    'enrollments approve --status' = '=pending approved rejected'
    'enrollments reject --status' = '=pending approved rejected'
    'events tail --type' = '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels'
    'dlq list --type' = '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels'
    'dlq replay --type' = '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels'
    'dlq discard --type' = '=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels'
    'events tail --session' = '@sessions'
    'api -X' = '=GET HEAD POST PUT PATCH DELETE'
    'api --method' = '=GET HEAD POST PUT PATCH DELETE'
}

Register-ArgumentCompleter -Native -CommandName shema -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    function Offer([string] $way, [string] $typed, [string] $before) {
        if ($way.StartsWith('=')) {
            $fixed = @($way.Substring(1).Split(' ') | Where-Object { $_ -notlike '@*' -and $_.StartsWith($typed) })
            if ($fixed) { $fixed | ForEach-Object { , @($_, '') } }
            elseif ($way -match '@\S+$') { Offer $Matches[0] $typed }
        } elseif ($way.StartsWith('@')) {
            & $shema _complete @chosen $way.Substring(1) $typed 2>$null | ForEach-Object { , @($_ -split "`t", 2) }
        }
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
        } elseif ($place.Sub | Where-Object { $_[0] -eq $word }) {
            $path = "$path $word".Trim()
            $place = $ShemaPlaces[$path]
        } else {
            $position++
        }
    }
    $typed = $wordToComplete
    $found = if ($way -and $typed -notlike '--*') {
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
    }
    foreach ($item in $found) {
        if ($item[0] -like "$([WildcardPattern]::Escape($typed))*") {
            $help = if ($item[1]) { $item[1] } else { $item[0] }
            [System.Management.Automation.CompletionResult]::new($before + $item[0], $item[0], 'ParameterValue', $help)
        }
    }
}
