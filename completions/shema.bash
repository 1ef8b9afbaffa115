# bash completion for shema, written by `shema completions show bash`; do not edit.
#
# Commands, flags and choices are in this file, so that TAB starts nothing. Only values that live (ids, channels,
# services, profiles, sessions) are asked of `shema _complete`, which answers from a short cache or gives up.

_shema_place() {
    # $1: the words so far without options → sub (words that may follow), flags, arguments. Where no more is told, the
    # flags stay.
    case $1 in
    '') sub='dashboard enrollments courses find chat users events dlq trace status runbook check ui services api tokens audit setup auth admins config completions doctor sandbox help' flags='--version -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'dashboard') sub='' flags='--watch --until --wait --max-stale --bell -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'enrollments') sub='list show approve reject review' flags='-h --help' arguments='' ;;
    'enrollments list') sub='' flags='--status --course --limit -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'enrollments show') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@enrollments' ;;
    'enrollments approve') sub='' flags='--ids-file --all-pending --status --course --reason --skip-capacity-check --student-id --allow-unheard --require-listeners --republish --wait --dry-run -y --yes --allow-mixed-target --confirm -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@enrollments...' ;;
    'enrollments reject') sub='' flags='--ids-file --all-pending --status --course --reason --student-id --allow-unheard --require-listeners --republish --wait --dry-run -y --yes --allow-mixed-target --confirm -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@enrollments...' ;;
    'enrollments review') sub='' flags='--course --limit --skip-capacity-check --allow-unheard --require-listeners --wait --dry-run -y --yes --allow-mixed-target --confirm -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'courses') sub='list show' flags='-h --help' arguments='' ;;
    'courses list') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'courses show') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@courses' ;;
    'find') sub='' flags='--limit -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@people...' ;;
    'chat') sub='tail' flags='-h --help' arguments='' ;;
    'chat tail') sub='' flags='--grep --since --limit --for --idle-exit --raw -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@sessions...' ;;
    'users') sub='show' flags='-h --help' arguments='' ;;
    'users show') sub='' flags='--fresh -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='?' ;;
    'events') sub='types schema listeners publish record tail history missed resend' flags='-h --help' arguments='' ;;
    'events types') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'events schema') sub='' flags='--asyncapi -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels' ;;
    'events listeners') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels...' ;;
    'events publish') sub='' flags='--data --event-version --allow-unheard --require-listeners --dry-run -y --yes --allow-mixed-target --confirm -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels' ;;
    'events record') sub='' flags='--retain --max-bytes -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'events tail') sub='' flags='--type --where --grep --session --since --limit --for --idle-exit --raw -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels...' ;;
    'events history') sub='' flags='--type --where --grep --session --since --until --limit --raw -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels...' ;;
    'events missed') sub='' flags='--channel --since --until -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@services' ;;
    'events resend') sub='' flags='--ids-file --missed-by --since --until --channel --force --limit --rate --canary --verify --allow-unheard --require-listeners --dry-run -y --yes --allow-mixed-target --confirm -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='?...' ;;
    'dlq') sub='list show stats ack unack replay discard export import recover runs triage' flags='-h --help' arguments='' ;;
    'dlq list') sub='' flags='--type --error --fingerprint --since --until --where --invalid --limit -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'dlq show') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@dead-letters' ;;
    'dlq stats') sub='' flags='--type --error --fingerprint --since --until --where --invalid --limit -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'dlq ack') sub='' flags='--note --until --dry-run -y --yes --allow-mixed-target --confirm -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@fingerprints' ;;
    'dlq unack') sub='' flags='--dry-run -y --yes --allow-mixed-target --confirm -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@acknowledged' ;;
    'dlq replay') sub='' flags='--ids-file --all --type --error --fingerprint --since --until --where --invalid --max-replays --force --each --edit --limit --rate --canary --verify --allow-unheard --require-listeners --dry-run -y --yes --allow-mixed-target --confirm -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@dead-letters...' ;;
    'dlq discard') sub='' flags='--ids-file --all --type --error --fingerprint --since --until --where --invalid --limit --export --dry-run -y --yes --allow-mixed-target --confirm -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@dead-letters...' ;;
    'dlq export') sub='' flags='--ids-file --type --error --fingerprint --since --until --where --invalid --force -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='file|@dead-letters...' ;;
    'dlq import') sub='' flags='--dry-run -y --yes --allow-mixed-target --confirm -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='file' ;;
    'dlq recover') sub='' flags='--dry-run -y --yes --allow-mixed-target --confirm -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'dlq runs') sub='stop' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'dlq runs stop') sub='' flags='--dry-run -y --yes --allow-mixed-target --confirm -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@runs' ;;
    'dlq triage') sub='' flags='--type --error --fingerprint --since --until --where --invalid --acknowledged --canary --verify -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'trace') sub='' flags='-f --follow -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@enrollments' ;;
    'status') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'runbook') sub='' flags='--step --print -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='=service-down dead-letters family-returned run-abandoned nobody-hears missed history-gap redis-away session-lost refused trail-broken seats-full cut-off clock-off not-set-up service-refuses registration-stale' ;;
    'check') sub='' flags='--dlq-warn --dlq-crit --oldest-warn --oldest-crit --session-warn --format --write -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='=services redis dlq listeners history audit session...' ;;
    'ui') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='?|?...' ;;
    'services') sub='list health resolve reset register deregister' flags='-h --help' arguments='' ;;
    'services list') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'services health') sub='' flags='--watch --wait -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@services...' ;;
    'services resolve') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@services' ;;
    'services reset') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@services' ;;
    'services register') sub='' flags='--health --ttl --listens --dry-run -y --yes --allow-mixed-target --confirm -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@services|?' ;;
    'services deregister') sub='' flags='--dry-run -y --yes --allow-mixed-target --confirm -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@services|?' ;;
    'api') sub='' flags='-X --method -d --data -H --header --dry-run -y --yes --allow-mixed-target --confirm -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@services|?' ;;
    'tokens') sub='issue verify' flags='-h --help' arguments='' ;;
    'tokens issue') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'tokens verify') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='?' ;;
    'audit') sub='list verify' flags='-h --help' arguments='' ;;
    'audit list') sub='' flags='--actor --action --target --since --until --limit -f --follow -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'audit verify') sub='' flags='--accept -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'setup') sub='' flags='--from --force --dry-run -y --yes -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@profiles' ;;
    'auth') sub='login status token logout' flags='-h --help' arguments='' ;;
    'auth login') sub='' flags='--email --password-stdin --browser --service-account --mfa-code -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'auth status') sub='' flags='--online -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'auth token') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'auth logout') sub='' flags='--everywhere -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'admins') sub='list grant revoke' flags='-h --help' arguments='' ;;
    'admins list') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'admins grant') sub='' flags='--reason --dry-run -y --yes --allow-mixed-target --confirm -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='?' ;;
    'admins revoke') sub='' flags='--reason --force --dry-run -y --yes --allow-mixed-target --confirm -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='?' ;;
    'config') sub='show path profiles use set' flags='-h --help' arguments='' ;;
    'config show') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'config path') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'config profiles') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'config use') sub='' flags='--dry-run -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='@profiles' ;;
    'config set') sub='' flags='--dry-run -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='=AUTH_SERVICE_URL USER_SERVICE_URL COURSE_SERVICE_URL BOOKING_SERVICE_URL CHAT_SERVICE_URL RECOMMENDATION_SERVICE_URL ENROLLMENT_SERVICE_URL SCHEDULE_SERVICE_URL REDIS_URL SERVICE_NAME SERVICE_JWT_SECRET FIREBASE_PROJECT_ID FIREBASE_API_KEY FIREBASE_AUTH_EMULATOR_HOST GOOGLE_APPLICATION_CREDENTIALS SHEMA_OAUTH_CLIENT_ID SHEMA_OAUTH_CLIENT_SECRET SHEMA_ID_TOKEN SHEMA_CA_FILE SHEMA_AUDIT_KEY SHEMA_PROFILE SHEMA_CONFIG_DIR SHEMA_STATE_DIR SHEMA_OUTPUT SHEMA_READ_ONLY confirm color read_only names|?' ;;
    'completions') sub='install show' flags='-h --help' arguments='' ;;
    'completions install') sub='' flags='--dry-run -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='=bash zsh fish powershell' ;;
    'completions show') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='=bash zsh fish powershell' ;;
    'doctor') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'sandbox') sub='run start stop status env reset fault traffic drill tour' flags='-h --help' arguments='' ;;
    'sandbox run') sub='' flags='--base-port --retry-pause -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='?...' ;;
    'sandbox start') sub='' flags='--base-port --retry-pause -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'sandbox stop') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'sandbox status') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'sandbox env') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'sandbox reset') sub='' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'sandbox fault') sub='' flags='--down --deaf --latency --error-rate --garbage --hang --no-lists --poison --clear -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='=auth user course booking chat recommendation enrollment schedule redis firebase history all' ;;
    'sandbox traffic') sub='' flags='--rate --for --seed -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'sandbox drill') sub='' flags='--check --hint --stop -y --yes -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='=service-down dead-letters family-returned run-abandoned nobody-hears missed history-gap redis-away session-lost refused trail-broken seats-full cut-off service-refuses registration-stale' ;;
    'sandbox tour') sub='' flags='--auto -o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help') sub='exit-codes output environment profiles networks events json dashboard enrollments courses find chat users dlq trace status runbook check ui services api tokens audit setup auth admins config completions doctor sandbox help' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help json') sub='dashboard enrollments courses find chat users events dlq trace status runbook check services api tokens audit setup auth admins config completions doctor sandbox help' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help enrollments') sub='list show approve reject review' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help json enrollments') sub='list show approve reject' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help courses') sub='list show' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help json courses') sub='list show' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help chat') sub='tail' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help json chat') sub='tail' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help users') sub='show' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help json users') sub='show' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help events') sub='types schema listeners publish record tail history missed resend' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help json events') sub='types schema listeners publish record tail history missed resend' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help dlq') sub='list show stats ack unack replay discard export import recover runs triage' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help json dlq') sub='list show stats ack unack replay discard export import recover runs' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help dlq runs') sub='stop' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help json dlq runs') sub='stop' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help services') sub='list health resolve reset register deregister' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help json services') sub='list health resolve reset register deregister' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help tokens') sub='issue verify' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help json tokens') sub='issue verify' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help audit') sub='list verify' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help json audit') sub='list verify' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help auth') sub='login status token logout' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help json auth') sub='login status token logout' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help admins') sub='list grant revoke' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help json admins') sub='list grant revoke' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help config') sub='show path profiles use set' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help json config') sub='show path profiles use set' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help completions') sub='install show' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help json completions') sub='install' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help sandbox') sub='run start stop status env reset fault traffic drill tour' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    'help json sandbox') sub='start stop status env reset fault traffic drill tour' flags='-o --output --json -v --verbose --log-format --profile --env-file --read-only -h --help' arguments='' ;;
    *) sub='' arguments='' ;;
    esac
}

_shema_way() {
    # $1: the command, $2: one of its options → how the option's value completes; empty: it takes none.
    case "$1 $2" in
    *' -o' | *' --output') way='=table json csv' ;;
    *' --log-format') way='=text json' ;;
    *' --profile' | 'enrollments approve --confirm' | 'enrollments reject --confirm' | 'enrollments review --confirm' | 'events publish --confirm' | 'events resend --confirm' | 'dlq ack --confirm' | 'dlq unack --confirm' | 'dlq replay --confirm' | 'dlq discard --confirm' | 'dlq import --confirm' | 'dlq recover --confirm' | 'dlq runs stop --confirm' | 'services register --confirm' | 'services deregister --confirm' | 'api --confirm' | 'admins grant --confirm' | 'admins revoke --confirm') way='@profiles' ;;
    *' --env-file' | 'enrollments approve --ids-file' | 'enrollments reject --ids-file' | 'events resend --ids-file' | 'dlq replay --ids-file' | 'dlq discard --ids-file' | 'dlq export --ids-file' | 'dlq discard --export' | 'check --write' | 'setup --from' | 'auth login --service-account') way='file' ;;
    'dashboard --watch' | 'services health --watch' | 'dashboard --until' | 'events history --until' | 'events missed --until' | 'events resend --until' | 'dlq list --until' | 'dlq stats --until' | 'dlq ack --until' | 'dlq replay --until' | 'dlq discard --until' | 'dlq export --until' | 'dlq triage --until' | 'audit list --until' | 'dashboard --wait' | 'enrollments approve --wait' | 'enrollments reject --wait' | 'enrollments review --wait' | 'services health --wait' | 'dashboard --max-stale' | 'enrollments list --limit' | 'enrollments review --limit' | 'find --limit' | 'chat tail --limit' | 'events tail --limit' | 'events history --limit' | 'events resend --limit' | 'dlq list --limit' | 'dlq stats --limit' | 'dlq replay --limit' | 'dlq discard --limit' | 'audit list --limit' | 'enrollments approve --reason' | 'enrollments reject --reason' | 'admins grant --reason' | 'admins revoke --reason' | 'enrollments approve --student-id' | 'enrollments reject --student-id' | 'chat tail --grep' | 'events tail --grep' | 'events history --grep' | 'chat tail --since' | 'events tail --since' | 'events history --since' | 'events missed --since' | 'events resend --since' | 'dlq list --since' | 'dlq stats --since' | 'dlq replay --since' | 'dlq discard --since' | 'dlq export --since' | 'dlq triage --since' | 'audit list --since' | 'chat tail --for' | 'events tail --for' | 'sandbox traffic --for' | 'chat tail --idle-exit' | 'events tail --idle-exit' | 'events publish --data' | 'api --data' | 'events record --retain' | 'events record --max-bytes' | 'events tail --where' | 'events history --where' | 'dlq list --where' | 'dlq stats --where' | 'dlq replay --where' | 'dlq discard --where' | 'dlq export --where' | 'dlq triage --where' | 'events resend --rate' | 'dlq replay --rate' | 'sandbox traffic --rate' | 'events resend --canary' | 'dlq replay --canary' | 'dlq triage --canary' | 'events resend --verify' | 'dlq replay --verify' | 'dlq triage --verify' | 'dlq list --error' | 'dlq stats --error' | 'dlq replay --error' | 'dlq discard --error' | 'dlq export --error' | 'dlq triage --error' | 'dlq ack --note' | 'dlq replay --max-replays' | 'runbook --step' | 'check --dlq-warn' | 'check --dlq-crit' | 'check --oldest-warn' | 'check --oldest-crit' | 'check --session-warn' | 'services register --health' | 'services register --ttl' | 'services register --listens' | 'api -d' | 'api -H' | 'api --header' | 'auth login --email' | 'auth login --mfa-code' | 'sandbox run --base-port' | 'sandbox start --base-port' | 'sandbox run --retry-pause' | 'sandbox start --retry-pause' | 'sandbox fault --latency' | 'sandbox fault --error-rate' | 'sandbox traffic --seed') way='?' ;;
    'enrollments list --status' | 'enrollments approve --status' | 'enrollments reject --status') way='=pending approved rejected' ;;
    'enrollments list --course' | 'enrollments approve --course' | 'enrollments reject --course' | 'enrollments review --course') way='@courses' ;;
    'events publish --event-version') way='=1.0 1.1' ;;
    'events tail --type' | 'events history --type' | 'dlq list --type' | 'dlq stats --type' | 'dlq replay --type' | 'dlq discard --type' | 'dlq export --type' | 'dlq triage --type' | 'events missed --channel' | 'events resend --channel') way='=enrollment.created enrollment.approved enrollment.rejected schedule.created attendance.marked chat.message chat.session.closed user.updated booking.created booking.confirmed booking.expired @channels' ;;
    'events tail --session' | 'events history --session') way='@sessions' ;;
    'events resend --missed-by') way='@services' ;;
    'dlq list --fingerprint' | 'dlq stats --fingerprint' | 'dlq replay --fingerprint' | 'dlq discard --fingerprint' | 'dlq export --fingerprint' | 'dlq triage --fingerprint') way='@fingerprints' ;;
    'check --format') way='=text nagios prometheus json' ;;
    'api -X' | 'api --method') way='=GET HEAD POST PUT PATCH DELETE' ;;
    'audit list --actor') way='@actors' ;;
    'audit list --action') way='@actions' ;;
    'audit list --target') way='@targets' ;;
    'sandbox fault --poison') way='=ATTENDANCE_MARKED BOOKING_CONFIRMED BOOKING_CREATED BOOKING_EXPIRED CHAT_MESSAGE CHAT_SESSION_CLOSED ENROLLMENT_APPROVED ENROLLMENT_CREATED ENROLLMENT_REJECTED SCHEDULE_CREATED USER_UPDATED' ;;
    *) way='' ;;
    esac
}

_shema_offer() {
    # $1: a way, $2: what is typed so far.
    local word IFS=$' \t\n'
    case $1 in
    =*)
        for word in ${1#=}; do
            if [[ $word == @* ]]; then
                ((${#COMPREPLY[@]})) || _shema_live "${word#@}" "$2"
            elif [[ $word == "$2"* ]]; then
                COMPREPLY+=("$word")
            fi
        done
        ;;
    @*) _shema_live "${1#@}" "$2" ;;
    file | dir)
        local IFS=$'\n' filter=-f
        [[ $1 == dir ]] && filter=-d
        COMPREPLY=($(compgen "$filter" -- "$2"))
        compopt -o filenames 2>/dev/null
        ;;
    esac
}

_shema_live() {
    local line value help sign breaks='' head='' typed=${2//\\/}
    local -a values=() helps=()
    # readline takes what follows the last of these for the word.
    for sign in : = @; do
        [[ $COMP_WORDBREAKS == *"$sign"* ]] && breaks+=$sign
    done
    [[ $breaks ]] && head=${typed%"${typed##*[$breaks]}"}
    while IFS= read -r line; do
        [[ $line ]] || continue
        value=${line%%$'\t'*}
        help=''
        [[ $line == *$'\t'* ]] && help=${line#*$'\t'}
        # Anybody may have thought of it: what ends up on the line is a word, whatever is in it.
        printf -v value %q "${value#"$head"}"
        values+=("$value")
        helps+=("$help")
    done <<<"$("$shema" _complete ${chosen[@]+"${chosen[@]}"} "$1" "$typed" 2>/dev/null)"
    # Beside one another with what they mean when they are only listed; alone when one is put in.
    if ((${#values[@]} > 1)) && [[ ${COMP_TYPE:-9} != 37 && ${COMP_TYPE:-9} != 42 ]]; then
        local i
        for i in "${!values[@]}"; do
            if [[ ${helps[i]} ]]; then
                COMPREPLY+=("${values[i]}  (${helps[i]})")
            else
                COMPREPLY+=("${values[i]}")
            fi
        done
    else
        COMPREPLY+=(${values[@]+"${values[@]}"})
    fi
}

_shema() {
    local shema=$1 line=${COMP_LINE:0:COMP_POINT} path='' way='' option='' word='' current position=0 only=''
    local sub flags arguments
    local -a words chosen=()
    COMPREPLY=()
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    local i last=$((${#words[@]} - 1))
    current=${words[last]}
    _shema_place ''
    for ((i = 1; i < last; i++)); do
        word=${words[i]}
        if [[ $way && $word != --* ]]; then
            [[ $option == --profile || $option == --env-file ]] && chosen+=("$option" "$word")
            way=''
        elif [[ ! $only && $word == -- ]]; then
            only=1
        elif [[ ! $only && $word == --*=* ]]; then
            [[ $word == --profile=* || $word == --env-file=* ]] && chosen+=("$word")
        elif [[ ! $only && $word == -?* ]]; then
            option=$word
            _shema_way "$path" "$option"
        elif [[ " $sub " == *" $word "* ]]; then
            path=${path:+$path }$word
            _shema_place "$path"
        else
            ((position++))
        fi
    done
    if [[ $way && $current != --* ]]; then
        _shema_offer "$way" "$current"
    elif [[ ! $only && $current == --*=* ]]; then
        _shema_way "$path" "${current%%=*}"
        _shema_offer "$way" "${current#*=}"
        [[ $COMP_WORDBREAKS == *=* ]] || COMPREPLY=(${COMPREPLY[@]+"${COMPREPLY[@]/#/${current%%=*}=}"})
    elif [[ ! $only && $current == -* ]]; then
        _shema_offer "=$flags" "$current"
    elif [[ $sub ]]; then
        _shema_offer "=$sub" "$current"
    else
        _shema_argument "$current"
    fi
}

_shema_argument() {
    # arguments: one way a position, parted by `|`; the last one stays when it ends in `...`.
    local -a ways
    local IFS='|'
    read -ra ways <<<"$arguments"
    local end=$((${#ways[@]} - 1)) way=''
    if ((position <= end)); then
        way=${ways[position]}
    elif ((end >= 0)) && [[ ${ways[end]} == *... ]]; then
        way=${ways[end]}
    fi
    _shema_offer "${way%...}" "$1"
}

complete -F _shema shema
