"""The files behind what was typed after `source add`, and the documents in them."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from services.cli.documents.document import Document, Unreadable, public_url
from services.cli.documents.jsonl import count_documents, read_documents
from services.cli.documents.source_origin import FilesOrigin
from services.file_kinds import BULK, INSTEAD, MEDIA_TYPES, OLD_OFFICE, READABLE

HIDDEN, NO_EXTENSION, NO_FILE, BROKEN = "hidden", "without an extension", "not a regular file", "broken link"
READABLE_FILES = " ".join((*READABLE, BULK))


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file, the relative name that it will be known by, and the argument that led to it."""

    file: Path
    name: str
    root: Path


@dataclass(slots=True)
class FileListing:
    """The files to add.

    `passed_over`: how many other files the folders hold, by kind: an extension such as `.png`, or words for others.
    """

    files: list[FileEntry] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)

    def total(self) -> int:
        """How many documents there are, without reading them."""
        return len(self.unreadable) + sum(
            count_documents(entry.file) if entry.file.suffix.lower() == BULK else 1 for entry in self.files
        )


def list_files(arguments: Sequence[str]) -> FileListing:
    """Walk files and folders.

    In folders hidden and unknown files are passed over; a file that was named is not.

    A link in a folder is read as the file that it leads to if that is in the folder, too, and not otherwise.
    """
    listing = FileListing()
    for argument in arguments:
        path = Path(argument)
        if path.is_dir():
            _walk(path, listing)
        elif path.exists() and _is_readable(path):
            listing.files.append(FileEntry(path, path.name, path))
        else:
            if path.exists():
                instead = INSTEAD.get(path.suffix.lower())
                reason = f"files {path.suffix or NO_EXTENSION} can't be read"
                reason += f": {instead}" if instead else f"; readable are {READABLE_FILES}"
            elif "://" in argument:
                reason = "only http:// and https:// can be fetched"
            else:
                reason = "there is no such file or folder"
            listing.unreadable.append(Unreadable(argument, reason))
    return listing


def read_files(listing: FileListing, base_url: str, title: str) -> Iterator[Document | Unreadable]:
    """The documents, read as they are needed, each URL once."""
    yield from listing.unreadable
    seen: dict[str, str] = {}
    for entry in listing.files:
        origin = FilesOrigin.here(entry.root, base_url, title).to_text()
        for document in _documents(entry, base_url, title):
            if isinstance(document, Document):
                earlier = seen.setdefault(document.identity, document.label)
                if earlier != document.label:
                    yield Unreadable(document.label, f"has the same URL as {earlier}: {document.identity}")
                    continue
                document = replace(document, origin=origin)
            yield document


def is_known_kind(file: Path) -> bool:
    """Whether a file can be read, as far as its name says."""
    extension = file.suffix.lower()
    if extension in INSTEAD and extension in MEDIA_TYPES:
        return _is_another_kind(file)
    return extension in {*MEDIA_TYPES, BULK}


def kinds_and_counts(passed_over: Counter[str]) -> str:
    """As in `3 .png, 1 hidden`: the most frequent first."""
    ordered = sorted(passed_over.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{count:,} {kind}" for kind, count in ordered)


def _documents(entry: FileEntry, base_url: str, title: str) -> Iterator[Document | Unreadable]:
    file, name = entry.file, entry.name
    try:
        name.encode()
    except UnicodeEncodeError:
        yield Unreadable(repr(name), "its name is not UTF-8; rename it")
        return
    extension = file.suffix.lower()
    if extension == BULK:
        yield from read_documents(file, base_url)
    else:
        yield Document(str(file), name, public_url(base_url, name), title, MEDIA_TYPES[extension], file)


def _walk(folder: Path, listing: FileListing) -> None:
    before = len(listing.files)
    real_folder = folder.resolve()

    def complain(error: OSError) -> None:
        listing.unreadable.append(Unreadable(str(error.filename), error.strerror or "can't be read"))

    for parent, folders, files in os.walk(folder, onerror=complain):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            file = Path(parent, name)
            if name.startswith(".") or not _is_readable(file):
                listing.passed_over[_kind_passed_over(file)] += 1
            elif not file.resolve().is_relative_to(real_folder):
                # Who may write into a folder of pages must not publish the other files of this machine.
                listing.unreadable.append(Unreadable(str(file), "is a link that leads out of its folder"))
            else:
                listing.files.append(FileEntry(file, file.relative_to(folder).as_posix(), folder))
    if len(listing.files) == before and not listing.unreadable:
        reason = f"holds no readable file ({READABLE_FILES})"
        if listing.passed_over:
            reason += f"; it holds {kinds_and_counts(listing.passed_over)}"
        listing.unreadable.append(Unreadable(str(folder), reason))


def _kind_passed_over(file: Path) -> str:
    if file.name.startswith("."):
        return HIDDEN
    if not file.is_file():
        return BROKEN if file.is_symlink() else NO_FILE
    return file.suffix.lower() or NO_EXTENSION


def _is_another_kind(file: Path) -> bool:
    """Whether a file with the name of an old office program is something else.

    Many of them are pages or tables as text.
    """
    try:
        with file.open("rb") as handle:
            return handle.read(len(OLD_OFFICE)) != OLD_OFFICE
    except OSError:
        return True  # why it can't be opened is said when it is to be read


def _is_readable(file: Path) -> bool:
    # A pipe or a device would never end.
    return file.is_file() and is_known_kind(file)
