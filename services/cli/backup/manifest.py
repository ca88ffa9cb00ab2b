"""What a backup says about itself: the last member of its file, by which it is complete."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from services.cli.failures import CommandFailed

FORMAT = 1


class DamagedBackup(Exception):
    """The file is no backup, or not all of one. The text is one line."""


class UnwritableBackup(CommandFailed):
    """The file can't be written."""


class BackupTooNew(DamagedBackup):
    """The file was made by a version that keeps things in another way."""

    def __init__(self, version: str) -> None:
        super().__init__(f"it was made by a newer version of Chatmount ({version}); restore it with that one")


@dataclass(frozen=True, slots=True)
class ServiceContent:
    """A service's tables: their revision and numbers of rows, in the order of filling."""

    revision: str
    tables: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The version that made the backup, its services, and the SHA-256 of every other member."""

    version: str
    created_at: str
    services: Mapping[str, ServiceContent]
    sha256: Mapping[str, str]

    def to_json(self) -> bytes:
        """The member's content."""
        return (json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n").encode()

    @classmethod
    def from_json(cls, content: bytes) -> "Manifest":
        """DamagedBackup when it can't be understood, BackupTooNew when only a newer version can."""
        try:
            value = json.loads(content)
            if value["format"] > FORMAT:
                raise BackupTooNew(str(value.get("version")))
            services = {name: _service(found) for name, found in value["services"].items()}
            return cls(str(value["version"]), str(value["created_at"]), services, dict(value["sha256"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedBackup("its manifest can't be read") from error


def _service(value: Mapping[str, Any]) -> ServiceContent:
    return ServiceContent(str(value["revision"]), {str(table): int(rows) for table, rows in value["tables"].items()})
