import os
from pathlib import Path

import pytest

from services.cli.documents.document import CHUNK_BYTES, Document, Unreadable
from services.cli.documents.files import kinds_and_counts, list_files, read_files
from services.file_kinds import MEDIA_TYPES, kind_of

BASE = "https://example.com/docs/"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    for name in ("guide.md", "faq.txt", "deep/er/page.HTML", ".hidden.md", ".git/config.md", "logo.png"):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {name}")
    return root


def documents(*arguments: Path | str, base_url: str = "", title: str = "") -> list[Document | Unreadable]:
    return list(read_files(list_files([str(argument) for argument in arguments]), base_url, title))


def test_a_folder_is_read_with_all_folders_in_it_under_relative_names(folder: Path) -> None:
    found = documents(folder)
    assert [one.name for one in found if isinstance(one, Document)] == ["faq.txt", "guide.md", "deep/er/page.HTML"]
    assert {one.media_type for one in found if isinstance(one, Document)} == {
        "text/plain",
        "text/markdown",
        "text/html",
    }
    assert not any(str(folder) in one.identity for one in found if isinstance(one, Document))


def test_a_link_in_a_folder_does_not_lead_out_of_it(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "private.txt").write_text("not for the public")
    (folder / "leak.md").symlink_to(tmp_path / "private.txt")
    (folder / "again.md").symlink_to("deep/er/page.HTML")
    (tmp_path / "way").symlink_to(folder)
    for named in (folder, tmp_path / "way"):
        found = documents(named)
        wrong = [one for one in found if isinstance(one, Unreadable)]
        assert wrong == [Unreadable(str(named / "leak.md"), "is a link that leads out of its folder")]
        assert [one.name for one in found if isinstance(one, Document)] == [
            "again.md",
            "faq.txt",
            "guide.md",
            "deep/er/page.HTML",
        ]
    assert [one.name for one in documents(folder / "leak.md") if isinstance(one, Document)] == ["leak.md"]


def test_hidden_and_unknown_files_in_a_folder_are_counted_by_their_kind(folder: Path) -> None:
    for name in ("photo.PNG", "deep/icon.png", "Makefile", "notes.md~", ".env"):
        (folder / name).write_text("x")
    (folder / "gone.md").symlink_to(folder / "nowhere.md")
    os.mkfifo(folder / "pipe.md")
    passed_over = list_files([str(folder)]).passed_over
    assert passed_over == {
        ".png": 3,
        "hidden": 2,
        ".md~": 1,
        "without an extension": 1,
        "broken link": 1,
        "not a regular file": 1,
    }
    assert kinds_and_counts(passed_over).startswith("3 .png, 2 hidden, 1 .md~, ")


def test_a_folder_without_a_readable_file_says_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("x")
    (found,) = documents(tmp_path)
    assert isinstance(found, Unreadable)
    assert found.reason.endswith("; it holds 1 .png")


@pytest.mark.parametrize("extension", MEDIA_TYPES)
def test_every_kind_of_file_that_the_service_reads_is_sent_to_it(tmp_path: Path, extension: str) -> None:
    (tmp_path / f"page{extension}").write_text("x")
    (found,) = documents(tmp_path)
    assert isinstance(found, Document)
    assert kind_of(found.name, found.media_type) == kind_of(found.name, "")


def test_a_file_is_known_by_its_bare_name(folder: Path) -> None:
    (found,) = documents(folder / "deep" / "er" / "page.HTML")
    assert isinstance(found, Document)
    assert (found.name, found.url, found.identity) == ("page.HTML", "", "file:page.HTML")


def test_the_public_url_is_the_base_and_the_relative_name(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "ü.md").write_text("x")
    (found,) = documents(tmp_path, base_url=BASE)
    assert isinstance(found, Document)
    assert found.url == "https://example.com/docs/a%20b/%C3%BC.md"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("logo.png", "files .png can't be read; readable are .md .mdx .txt .html .pdf .docx .csv .tsv .jsonl"),
        ("nowhere.md", "there is no such file or folder"),
    ],
)
def test_what_was_named_and_cannot_be_read_is_an_error_of_its_own(folder: Path, name: str, reason: str) -> None:
    argument = folder / name
    found = documents(argument, folder / "guide.md")
    assert isinstance(found[0], Unreadable)
    assert found[0].label == str(argument)
    assert reason in found[0].reason
    assert isinstance(found[1], Document)


def test_an_address_that_is_not_of_the_web_is_told_apart_from_a_file_that_is_missing() -> None:
    assert documents("ftp://a.example/a.md") == [
        Unreadable("ftp://a.example/a.md", "only http:// and https:// can be fetched")
    ]


def test_a_folder_without_anything_readable_is_an_error(tmp_path: Path) -> None:
    (found,) = documents(tmp_path)
    assert isinstance(found, Unreadable)


def test_two_files_that_would_have_one_url_are_not_mixed_up(folder: Path) -> None:
    (folder / "deep" / "guide.md").write_text("another")
    found = documents(folder / "guide.md", folder / "deep" / "guide.md")
    assert isinstance(found[0], Document)
    assert isinstance(found[1], Unreadable)
    assert "has the same URL as" in found[1].reason


def test_the_same_file_twice_is_one_document_only_once_refused(folder: Path) -> None:
    assert all(isinstance(one, Document) for one in documents(folder / "guide.md", folder / "guide.md"))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (found,) = documents(tmp_path / "pipe.md")
    assert isinstance(found, Unreadable)


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.md")).write_text("x")
    (found,) = documents(tmp_path)
    assert isinstance(found, Unreadable)
    found.reason.encode()
    found.label.encode()


def test_a_large_file_is_sent_in_pieces(tmp_path: Path) -> None:
    file = tmp_path / "large.txt"
    file.write_bytes(b"x" * (CHUNK_BYTES * 2 + 1))
    (found,) = documents(file)
    assert isinstance(found, Document)
    assert [len(chunk) for chunk in found.chunks()] == [CHUNK_BYTES, CHUNK_BYTES, 1]
