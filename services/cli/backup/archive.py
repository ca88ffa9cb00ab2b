"""The file of a backup: a compressed tar that appears whole, and is checked whole.


auth/accounts/00000.jsonl     rows of a table, one JSON object a line, at most about 4 MiB a member
…
secrets/signing.key, …        see files_of
manifest.json                 see Manifest
"""

import contextlib
import gzip
import hashlib
import io
import os
import secrets
import tarfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.cli.backup.manifest import DamagedBackup, Manifest, UnwritableBackup
from services.cli.output.whole_file import reason_not_replaceable

MANIFEST = "manifest.json"
ROWS = ".jsonl"
COMPRESSION = 5


class ArchiveWriter:
    """Adds members to a draft beside `file`; UnwritableBackup when the disk does not take them."""

    def __init__(self, file: Path) -> None:
        self._file = file
        if reason := reason_not_replaceable(file):
            raise UnwritableBackup(reason)
        self._draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        self.digests: dict[str, str] = {}
        with self._explained():
            descriptor = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._raw = os.fdopen(descriptor, "wb")
        self._compressed = gzip.GzipFile("", "wb", COMPRESSION, self._raw, mtime=0)
        self._tar = tarfile.TarFile(fileobj=self._compressed, mode="w", format=tarfile.PAX_FORMAT)

    def add(self, name: str, content: bytes) -> None:
        """Adds a member."""
        self.digests[name] = hashlib.sha256(content).hexdigest()
        self._write(name, content)

    def finish(self, manifest: Manifest) -> None:
        """Adds the manifest, and gives the draft its name when all of it is on the disk."""
        self._write(MANIFEST, manifest.to_json())
        with self._explained():
            self._tar.close()
            self._compressed.close()
            self._raw.flush()
            os.fsync(self._raw.fileno())
            self._raw.close()
            self._draft.replace(self._file)

    def abandon(self) -> None:
        """Leaves nothing behind of a draft that was not finished."""
        self._draft.unlink(missing_ok=True)
        for part in (self._compressed, self._raw):
            # Each writes what it has kept back, which may be what failed before.
            with contextlib.suppress(OSError):
                part.close()

    def _write(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = len(content), 0o600, int(time.time())
        with self._explained():
            self._tar.addfile(member, io.BytesIO(content))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UnwritableBackup(f"{self._file} can't be written: {error.strerror or error}.") from error


@contextmanager
def writing(file: Path) -> Iterator[ArchiveWriter]:
    """A backup that takes the name `file`, for its owner alone, when it is finished."""
    archive = ArchiveWriter(file)
    try:
        yield archive
    finally:
        archive.abandon()


def read_all_but_rows(file: Path) -> tuple[Manifest, dict[str, bytes]]:
    """The manifest, and the contents of those members that are no rows.

    Reads the file from beginning to end. DamagedBackup unless all of it is there as it was written.
    """
    found: dict[str, str] = {}
    files: dict[str, bytes] = {}
    manifest: Manifest | None = None
    for name, content in _members(file):
        if name == MANIFEST:
            manifest = Manifest.from_json(content)
        else:
            found[name] = hashlib.sha256(content).hexdigest()
            if not name.endswith(ROWS):
                files[name] = content
    if manifest is None:
        raise DamagedBackup("it is not complete")
    if found != dict(manifest.sha256):
        raise DamagedBackup("its content is not what was written")
    return manifest, files


def read_rows(file: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the members with rows, in the order in which they were written."""
    for name, content in _members(file):
        if name.endswith(ROWS):
            yield name, content


def _members(file: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with gzip.open(file) as compressed:
            with tarfile.open(fileobj=compressed, mode="r|") as tar:
                for member in tar:
                    content = tar.extractfile(member)
                    if content is None:
                        raise DamagedBackup("it holds what no backup holds")
                    yield member.name, content.read()
            while compressed.read(65536):  # its checksum is at the very end
                pass
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DamagedBackup("it is no backup, or damaged") from error
