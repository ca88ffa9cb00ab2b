"""The file of a backup: whole or not at all, and no part of it can go missing unseen."""

import gzip
import io
import json
import random
import resource
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.cli.backup.archive import read_all_but_rows, read_rows, writing
from services.cli.backup.manifest import BackupTooNew, DamagedBackup, Manifest, ServiceContent, UnwritableBackup

MEMBERS = {"auth/accounts/00000.jsonl": b'{"id":1}\n' * 1000, "secrets/signing.key": b"x" * 40}


def write(file: Path) -> Manifest:
    with writing(file) as archive:
        for name, content in MEMBERS.items():
            archive.add(name, content)
        manifest = Manifest("1", "then", {"auth": ServiceContent("0001", {"accounts": 1000})}, archive.digests)
        archive.finish(manifest)
    return manifest


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup.tgz"


def members_of(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def rewrite(file: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(file, "w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def test_what_is_written_is_read(file: Path) -> None:
    manifest = write(file)
    assert read_all_but_rows(file) == (manifest, {"secrets/signing.key": MEMBERS["secrets/signing.key"]})
    assert dict(read_rows(file)) == {"auth/accounts/00000.jsonl": MEMBERS["auth/accounts/00000.jsonl"]}
    assert file.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in file.parent.iterdir()] == [file.name]


def test_a_backup_that_breaks_off_leaves_the_older_one_and_nothing_else(file: Path) -> None:
    write(file)
    before = file.read_bytes()

    def write_half() -> None:
        with writing(file) as archive:
            archive.add("auth/accounts/00000.jsonl", b"other")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert file.read_bytes() == before
    assert [found.name for found in file.parent.iterdir()] == [file.name]


@contextmanager
def little_room() -> Iterator[None]:
    """Files that this process writes can't grow beyond 4 KiB, also that of the tests' output."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_without_room_is_told_and_leaves_nothing(file: Path) -> None:
    def write_much() -> None:
        with writing(file) as archive:
            archive.add("auth/accounts/00000.jsonl", random.Random(1).randbytes(100_000))
            archive.finish(Manifest("1", "then", {}, archive.digests))

    with pytest.raises(UnwritableBackup, match="can't be written"), little_room():
        write_much()
    assert list(file.parent.iterdir()) == []


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(UnwritableBackup, match="is not a file"), writing(tmp_path):
        pass
    assert tmp_path.is_dir()


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_damaged(file: Path, part: float) -> None:
    write(file)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(DamagedBackup):
        read_all_but_rows(file)


def test_no_byte_can_change_what_is_read(file: Path) -> None:
    """A packed byte may hold bits that say nothing: then the file unpacks to the very same."""
    write(file)
    whole, content = file.read_bytes(), (read_all_but_rows(file), list(read_rows(file)))
    refused = 0
    # The first ten bytes are gzip's own: they say how it was packed, and when.
    places = range(10, len(whole))
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 0x55
        file.write_bytes(bytes(changed))
        try:
            assert (read_all_but_rows(file), list(read_rows(file))) == content
        except DamagedBackup:
            refused += 1
    assert refused > len(places) * 0.9


MANIFEST, KEY = "manifest.json", "secrets/signing.key"


@pytest.mark.parametrize(
    "change",
    [
        {KEY: None},
        {MANIFEST: None},
        {"auth/accounts/00001.jsonl": b'{"id":2}\n'},
        {KEY: b"y" * 40},
        {MANIFEST: b'{"format": 1}'},
    ],
    ids=["a member less", "no manifest", "a member more", "another content", "no valid manifest"],
)
def test_what_was_packed_again_is_damaged(file: Path, change: dict[str, bytes | None]) -> None:
    write(file)
    rewrite(file, {name: content for name, content in (members_of(file) | change).items() if content is not None})
    with pytest.raises(DamagedBackup):
        read_all_but_rows(file)


def test_a_format_of_the_future_is_said_to_be_one(file: Path) -> None:
    write(file)
    members = members_of(file)
    newer = json.loads(members[MANIFEST]) | {"format": 2, "version": "9.1"}
    rewrite(file, members | {MANIFEST: json.dumps(newer).encode()})
    with pytest.raises(BackupTooNew, match=r"newer version of Chatmount \(9\.1\)"):
        read_all_but_rows(file)


@pytest.mark.parametrize("content", [b"", b"no backup", gzip.compress(b"no tar", mtime=0)])
def test_any_other_file_is_no_backup(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(DamagedBackup):
        read_all_but_rows(file)
