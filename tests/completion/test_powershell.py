"""The PowerShell script as it is written; `test_pwsh.py` runs it."""

from __future__ import annotations

import re

from shema_cli.completion.scripts import script

KEY = re.compile(r"^    '((?:[^']|'')*)' = ", re.MULTILINE)
STRING = re.compile(r"""'(?:[^']|'')*'|"(?:[^"`]|`.)*\"""")
QUOTES_TO_POWERSHELL = "‘’‚‛“”„"


def test_no_two_keys_of_a_table_differ_by_case_alone() -> None:
    """PowerShell's tables do not tell `-h` from `-H`, and refuse a script that has both as keys."""
    for table in script("powershell").split("$script:")[1:]:
        keys = [key.lower() for key in KEY.findall(table.split("\n}", 1)[0])]
        assert keys
        assert len(keys) == len(set(keys))


def test_every_line_of_the_tables_is_made_of_whole_strings() -> None:
    """A line without its strings is the table's own signs: no help text has leaked out of its quotes."""
    for table in script("powershell").split("$script:")[1:]:
        for line in table.split("\n}", 1)[0].splitlines()[1:]:
            assert set(STRING.sub("", line)) <= set(" =@{}();,SubFlagsArguments"), line
            assert not set(QUOTES_TO_POWERSHELL) & set(line), line


def test_what_others_named_is_put_in_as_one_word() -> None:
    """The function that quotes, carried out by hand: pwsh is hardly anywhere that tests run."""
    text = script("powershell")
    bare, quote = re.search(r"-cmatch '(.+)'\)", text), re.search(r"-replace \"(.+)\", '\$0\$0'", text)
    assert bare
    assert quote
    assert "CompletionResult]::new((Quoted ($before + $word)), " in text
    for word in ("enr-0291", "chat.message", "s:alpha", "--session=s:alpha", "http://127.0.0.1:3002/x"):
        assert re.search(bare[1], word), word
    for sign in " $`;|&<>(){}[]@#'\"\\,%!~*?\t" + QUOTES_TO_POWERSHELL:
        assert not re.search(bare[1], f"zq{sign}x"), sign
        assert not re.search(bare[1], f"{sign}x"), sign
    for sign in "'‘’‚‛":
        assert re.sub(quote[1], lambda found: found[0] * 2, f"a{sign}b") == f"a{sign}{sign}b"


def test_what_is_alone_in_its_list_is_whole() -> None:
    """A list of one pair would be a list of two words, so a word and its help are one string."""
    assert re.search(r"'chat' = @\{ Sub = @\(\"tail`t[^\"]+\"\);", script("powershell"))
