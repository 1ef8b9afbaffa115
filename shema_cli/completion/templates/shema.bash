# bash completion for shema, written by `shema completions show bash`; do not edit.
#
# Commands, flags and choices are in this file, so that TAB starts nothing. Only values that live (ids, channels,
# services, profiles, sessions) are asked of `shema _complete`, which answers from a short cache or gives up.

_shema_place() {
    # $1: the words so far without options → sub (words that may follow), flags, arguments. Where no more is told, the
    # flags stay.
    case $1 in
@@PLACES@@
    *) sub='' arguments='' ;;
    esac
}

_shema_way() {
    # $1: the command, $2: one of its options → how the option's value completes; empty: it takes none.
    case "$1 $2" in
@@WAYS@@
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
