"""Files and folders that were named become documents under names that people know them by."""

import os
from pathlib import Path

import pytest

from services.cli.documents.document import CHUNK_BYTES, Document, Unreadable
from services.cli.documents.files import READABLE_FILES, kinds_and_counts, list_files, read_files
from services.file_kinds import INSTEAD, MEDIA_TYPES, OLD_OFFICE, kind_of
from tests.each import for_each

BASE = "https://example.com/docs/"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    for name in ("guide.md", "faq.txt", "deep/er/page.HTML", ".hidden.md", ".git/config.md", "logo.png", "setup.exe"):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {name}")
    (root / "old.doc").write_bytes(OLD_OFFICE)
    return root


def documents(*arguments: Path | str, base_url: str = "", title: str = "") -> list[Document | Unreadable]:
    return list(read_files(list_files([str(argument) for argument in arguments]), base_url, title))


def document(*arguments: Path | str, base_url: str = "") -> Document:
    (found,) = documents(*arguments, base_url=base_url)
    assert isinstance(found, Document)
    return found


def refusals(*arguments: Path | str) -> list[tuple[str, str]]:
    return [(one.label, one.reason) for one in documents(*arguments) if isinstance(one, Unreadable)]


def names(*arguments: Path | str) -> list[str]:
    return [one.name for one in documents(*arguments) if isinstance(one, Document)]


def test_a_folder_is_read_with_all_folders_in_it_under_relative_names(folder: Path) -> None:
    assert names(folder) == ["faq.txt", "guide.md", "deep/er/page.HTML"]
    found = [one for one in documents(folder) if isinstance(one, Document)]
    assert [one.media_type for one in found] == ["text/plain", "text/markdown", "text/html"]
    assert not any(str(folder) in one.identity for one in found)


def test_a_link_in_a_folder_does_not_lead_out_of_it(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "private.txt").write_text("not for the public")
    (folder / "leak.md").symlink_to(tmp_path / "private.txt")
    (folder / "again.md").symlink_to("deep/er/page.HTML")
    (tmp_path / "way").symlink_to(folder)
    for named in (folder, tmp_path / "way"):
        assert refusals(named) == [(str(named / "leak.md"), "is a link that leads out of its folder")]
        assert names(named) == ["again.md", "faq.txt", "guide.md", "deep/er/page.HTML"]
    assert names(folder / "leak.md") == ["leak.md"]


def test_hidden_and_unknown_files_in_a_folder_are_counted_by_their_kind(folder: Path) -> None:
    for name in ("photo.PNG", "deep/icon.png", "Makefile", "notes.md~", ".env"):
        (folder / name).write_text("x")
    (folder / "gone.md").symlink_to(folder / "nowhere.md")
    os.mkfifo(folder / "pipe.md")
    passed_over = list_files([str(folder)]).passed_over
    assert passed_over == {
        ".png": 3,
        ".exe": 1,
        ".doc": 1,
        "hidden": 2,
        ".md~": 1,
        "without an extension": 1,
        "broken link": 1,
        "not a regular file": 1,
    }
    assert kinds_and_counts(passed_over).startswith("3 .png, 2 hidden, 1 .doc, 1 .exe, 1 .md~, ")


def test_a_folder_without_a_readable_file_says_what_it_holds(tmp_path: Path) -> None:
    assert [label for label, _ in refusals(tmp_path)] == [str(tmp_path)]
    (tmp_path / "a.png").write_text("x")
    assert refusals(tmp_path)[0][1].endswith("; it holds 1 .png")


@for_each("extension", MEDIA_TYPES)
def test_every_kind_of_file_that_the_service_reads_is_sent_to_it(tmp_path: Path, extension: str) -> None:
    folder = tmp_path / extension
    folder.mkdir()
    (folder / f"page{extension}").write_text("x" if extension not in INSTEAD else "<html>, whatever its name says")
    found = document(folder)
    assert kind_of(found.name, found.media_type) == kind_of(found.name, "")


def test_a_file_is_known_by_its_bare_name_or_behind_the_base(folder: Path, tmp_path: Path) -> None:
    found = document(folder / "deep" / "er" / "page.HTML")
    assert (found.name, found.url, found.identity) == ("page.HTML", "", "file:page.HTML")
    (tmp_path / "base" / "a b").mkdir(parents=True)
    (tmp_path / "base" / "a b" / "ü.md").write_text("x")
    assert document(tmp_path / "base", base_url=BASE).url == "https://example.com/docs/a%20b/%C3%BC.md"


@pytest.mark.parametrize(
    ("argument", "reason"),
    [
        ("logo.png", "files .png can't be read: run text recognition (OCR) on it and add the text"),
        ("old.doc", "files .doc can't be read: save it as .docx"),
        ("setup.exe", f"files .exe can't be read; readable are {READABLE_FILES}"),
        ("nowhere.md", "there is no such file or folder"),
        ("ftp://a.example/a.md", "only http:// and https:// can be fetched"),
    ],
)
def test_what_was_named_and_cannot_be_read_is_an_error_of_its_own(
    folder: Path, argument: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert documents(argument) == [Unreadable(argument, reason)]
    assert names(argument, "guide.md") == ["guide.md"]


def test_two_files_that_would_have_one_url_are_not_mixed_up(folder: Path) -> None:
    (folder / "deep" / "guide.md").write_text("another")
    first, second = folder / "guide.md", folder / "deep" / "guide.md"
    assert refusals(first, second) == [(str(second), f"has the same URL as {first}: file:guide.md")]
    assert refusals(first, first) == []


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    assert len(refusals(tmp_path / "pipe.md")) == 1


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.md")).write_text("x")
    (refusal,) = refusals(tmp_path)
    assert all(text.encode() for text in refusal)


def test_a_large_file_is_sent_in_pieces(tmp_path: Path) -> None:
    file = tmp_path / "large.txt"
    file.write_bytes(b"x" * (CHUNK_BYTES * 2 + 1))
    assert [len(chunk) for chunk in document(file).chunks()] == [CHUNK_BYTES, CHUNK_BYTES, 1]
