# PowerShell completion for shema, written by `shema completions show powershell`; do not edit.
#
# Commands, flags and choices are in this file, so that TAB starts nothing. Only values that live (ids, channels,
# services, profiles, sessions) are asked of `shema _complete`, which answers from a short cache or gives up.

# The words so far without options → the words and flags that may follow, with their help; the arguments' ways. Where no
# more is told, the flags stay.
$script:ShemaPlaces = @{
@@PLACES@@
}

# A command and one of its options → how the option's value completes. An option that is missing takes none.
$script:ShemaWays = @{
@@WAYS@@
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
