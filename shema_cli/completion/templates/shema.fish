# fish completion for shema, written by `shema completions show fish`; do not edit.
#
# Commands, flags and choices are in this file, so that TAB starts nothing. Only values that live (ids, channels,
# services, profiles, sessions) are asked of `shema _complete`, which answers from a short cache or gives up.

# The words so far without options → sub and flags (a candidate, a tab and its help), arguments. Where no more is told,
# the flags stay.
function __shema_place --no-scope-shadowing
    set sub
    set arguments
    switch $argv[1]
@@PLACES@@
    end
end

# A command and one of its options → how the option's value completes; empty: it takes none.
function __shema_way --no-scope-shadowing
    set way ''
    switch "$argv[1] $argv[2]"
@@WAYS@@
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
