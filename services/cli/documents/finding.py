"""From what was typed after `source add` to the documents that it means."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from services.cli.documents.document import LINES, READABLE, Document, Unreadable, public_url
from services.cli.documents.jsonl import count_documents, read_documents
from services.cli.documents.origin import FilesOrigin
from services.file_kinds import MEDIA_TYPES

HIDDEN, NO_EXTENSION, NO_FILE, BROKEN = "hidden", "without an extension", "not a regular file", "broken link"


@dataclass(frozen=True, slots=True)
class Found:
    """A file, its name, and what was named that led to it."""

    file: Path
    name: str
    root: Path


@dataclass(slots=True)
class Findings:
    """Files to add, under the relative names that they will be known by.

    `passed_over`: how many other files the folders hold, by kind: an extension such as `.png`, or words for others.
    """

    files: list[Found] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)

    def total(self) -> int:
        """How many documents there are, without reading them."""
        return len(self.unreadable) + sum(
            count_documents(one.file) if one.file.suffix.lower() == LINES else 1 for one in self.files
        )


def find(arguments: Sequence[str]) -> Findings:
    """Walks files and folders. In folders hidden and unknown files are passed over; a file that was named is not.

    A link in a folder is read as the file that it leads to if that is in the folder, too, and not otherwise.
    """
    findings = Findings()
    for argument in arguments:
        path = Path(argument)
        if path.is_dir():
            _walk(path, findings)
        elif not path.exists():
            reason = (
                "only http:// and https:// can be fetched" if "://" in argument else "there is no such file or folder"
            )
            findings.unreadable.append(Unreadable(argument, reason))
        elif not _is_readable(path):
            kind = path.suffix or "without an extension"
            reason = f"files {kind} can't be read; readable are {READABLE}"
            findings.unreadable.append(Unreadable(argument, reason))
        else:
            findings.files.append(Found(path, path.name, path))
    return findings


def read(findings: Findings, base_url: str, title: str) -> Iterator[Document | Unreadable]:
    """The documents, read as they are needed, each URL once."""
    yield from findings.unreadable
    seen: dict[str, str] = {}
    for one in findings.files:
        origin = FilesOrigin.here(one.root, base_url, title).to_text()
        for document in _documents(one.file, one.name, base_url, title):
            if isinstance(document, Document):
                earlier = seen.setdefault(document.identity, document.label)
                if earlier != document.label:
                    yield Unreadable(document.label, f"has the same URL as {earlier}: {document.identity}")
                    continue
                document = replace(document, origin=origin)
            yield document


def _documents(file: Path, name: str, base_url: str, title: str) -> Iterator[Document | Unreadable]:
    try:
        name.encode()
    except UnicodeEncodeError:
        yield Unreadable(repr(name), "its name is not UTF-8; rename it")
        return
    suffix = file.suffix.lower()
    if suffix == LINES:
        yield from read_documents(file, base_url)
    else:
        yield Document(str(file), name, public_url(base_url, name), title, MEDIA_TYPES[suffix], file)


def _walk(folder: Path, findings: Findings) -> None:
    before = len(findings.files)
    real_folder = folder.resolve()

    def complain(error: OSError) -> None:
        findings.unreadable.append(Unreadable(str(error.filename), error.strerror or "can't be read"))

    for parent, folders, files in os.walk(folder, onerror=complain):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            file = Path(parent, name)
            if name.startswith(".") or not _is_readable(file):
                findings.passed_over[_kind(file)] += 1
            elif not file.resolve().is_relative_to(real_folder):
                # Whoever may write into a folder of pages must not publish the other files of this machine.
                findings.unreadable.append(Unreadable(str(file), "is a link that leads out of its folder"))
            else:
                findings.files.append(Found(file, file.relative_to(folder).as_posix(), folder))
    if len(findings.files) == before and not findings.unreadable:
        reason = f"holds no readable file ({READABLE})"
        if findings.passed_over:
            reason += f"; it holds {kinds_and_counts(findings.passed_over)}"
        findings.unreadable.append(Unreadable(str(folder), reason))


def kinds_and_counts(passed_over: Counter[str]) -> str:
    """As in `3 .png, 1 hidden`: the most frequent first."""
    ordered = sorted(passed_over.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{count:,} {kind}" for kind, count in ordered)


def _kind(file: Path) -> str:
    """What a file that is passed over is called in the summary."""
    if file.name.startswith("."):
        return HIDDEN
    if not file.is_file():
        return BROKEN if file.is_symlink() else NO_FILE
    suffix = file.suffix.lower()
    return suffix or NO_EXTENSION


def _is_readable(file: Path) -> bool:
    suffix = file.suffix.lower()
    # A pipe or a device would never end.
    return file.is_file() and (suffix in MEDIA_TYPES or suffix == LINES)
