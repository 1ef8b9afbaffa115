"""What is read from an argument, a file or stdin."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.errors import ExitCode, InvalidUsage, NotFound
from shema_cli.inputs import read_given, read_ids, without_mark
from tests.support.cli import CapturedStream, shema
from tests.support.signed_in import signed_in

ID = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
NOTHING = CapturedStream()


def stdin(content: bytes) -> CapturedStream:
    return CapturedStream(content)


@given(st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: text != "-" and text[:1] != "@"))
def test_a_text_is_itself(text: str) -> None:
    assert read_given(text, NOTHING, flag="--data") == text.encode()


@given(st.binary(max_size=20).map(lambda word: b"x" + word))
def test_bytes_of_an_argument_that_are_no_utf_8_arrive_as_they_were_typed(word: bytes) -> None:
    assert read_given(word.decode("utf-8", "surrogateescape"), NOTHING, flag="--data") == word


@given(st.binary(max_size=40))
def test_stdin_is_read_byte_by_byte(content: bytes) -> None:
    assert read_given("-", stdin(content), flag="--data") == content


def test_a_stdin_that_has_only_text_is_encoded() -> None:
    assert read_given("-", io.StringIO("é"), flag="--data") == "é".encode()


def test_a_file_is_named_by_an_at_sign(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"\x00\xff\n")
    assert read_given(f"@{tmp_path / 'f'}", NOTHING, flag="--data") == b"\x00\xff\n"


def test_no_more_is_read_than_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"123456")
    assert read_given(f"@{tmp_path / 'f'}", NOTHING, flag="--data", most=4) == b"1234"
    assert read_given("-", stdin(b"123456"), flag="--data", most=4) == b"1234"


@pytest.mark.parametrize("name", ["nowhere", ".", ""])
def test_a_file_that_cannot_be_read_names_the_option_and_the_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidUsage, match="--data") as told:
        read_given(f"@{name}", NOTHING, flag="--data")
    assert (told.value.code, told.value.exit_code) == ("file_unreadable", ExitCode.USAGE)
    with pytest.raises(InvalidUsage, match="--ids-file"):
        read_ids(name, NOTHING)


@given(st.lists(ID, min_size=1, max_size=6), st.sampled_from(["\n", "\r\n"]), st.sampled_from([b"", b"\xef\xbb\xbf"]))
def test_one_id_a_line_whatever_the_line_ends_and_the_mark_before_it(ids: list[str], end: str, mark: bytes) -> None:
    content = mark + "".join(f"{id}{end}" for id in ids).encode()
    assert read_ids("-", stdin(content)) == ids


@pytest.mark.parametrize("content", ["", "\n", "# nobody\n"])
def test_a_file_without_ids_is_an_error_that_names_it(tmp_path: Path, content: str) -> None:
    (tmp_path / "ids").write_text(content)
    with pytest.raises(NotFound, match="ids names no ids"):
        read_ids(str(tmp_path / "ids"), NOTHING)
    with pytest.raises(NotFound, match="stdin names no ids"):
        read_ids("-", stdin(content.encode()))


def test_empty_lines_comments_and_space_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "ids").write_text("# chosen by Sari\n\n  e1 \n\t\ne2 # kept: no comment begins inside a line\n #e3\n")
    assert read_ids(str(tmp_path / "ids"), NOTHING) == ["e1", "e2 # kept: no comment begins inside a line"]


def test_an_id_that_is_no_utf_8_is_kept_byte_by_byte() -> None:
    (found,) = read_ids("-", stdin(b"\xff\xfe\n"))
    assert found.encode("utf-8", "surrogateescape") == b"\xff\xfe"


@given(st.binary(max_size=20))
def test_a_byte_order_mark_is_no_part_of_a_text(content: bytes) -> None:
    assert without_mark(b"\xef\xbb\xbf" + content) == content
    if not content.startswith(b"\xef\xbb\xbf"):
        assert without_mark(content) == content


@pytest.mark.parametrize(
    "words", [("events", "publish", "user.updated", "--data"), ("api", "user", "/api/users", "-X", "POST", "-d")]
)
def test_json_in_a_file_that_begins_with_one_is_taken(
    tmp_path: Path, base_env: dict[str, str], words: tuple[str, ...]
) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(b'\xef\xbb\xbf{"userId": "u", "changes": {}}')
    run = shema(*words, f"@{file}", "--dry-run", env={**base_env, **signed_in(), "REDIS_URL": "redis://127.0.0.1:9"})
    assert "BOM" not in run.err
    assert "not JSON" not in run.err
