"""What a backup says about itself: the last member of the file, so that a file without it was never finished."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FORMAT = 1


class DamagedBackup(Exception):
    """The file is no backup, or not all of one. The text is one line."""


class UnwritableBackup(Exception):
    """The file can't be written. The text is one line."""


class BackupTooNew(DamagedBackup):
    """The file was made by a version that keeps things in another way."""

    def __init__(self, version: str) -> None:
        super().__init__(f"it was made by a newer version of Chatmount ({version}); restore it with that one")


@dataclass(frozen=True, slots=True)
class ServiceContent:
    """A service's tables: the revision they are at, and the rows of each, in the order in which they can be filled."""

    revision: str
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    """`digests`: SHA-256 of every other member, by name. `version`: of the Chatmount that made it."""

    version: str
    created_at: str
    services: Mapping[str, ServiceContent]
    digests: Mapping[str, str]

    def to_json(self) -> bytes:
        """The member's content."""
        value = {
            "format": FORMAT,
            "version": self.version,
            "created_at": self.created_at,
            "services": {
                name: {"revision": content.revision, "tables": dict(content.rows)}
                for name, content in self.services.items()
            },
            "sha256": dict(self.digests),
        }
        return (json.dumps(value, indent=1) + "\n").encode()

    @classmethod
    def from_json(cls, content: bytes) -> "Manifest":
        """DamagedBackup when it can't be understood, BackupTooNew when only a newer version can."""
        try:
            value = json.loads(content)
            if value["format"] > FORMAT:
                raise BackupTooNew(str(value.get("version")))
            return cls(
                version=str(value["version"]),
                created_at=str(value["created_at"]),
                services={name: _service(found) for name, found in value["services"].items()},
                digests={str(name): str(digest) for name, digest in value["sha256"].items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedBackup("its manifest can't be read") from error


def _service(value: Mapping[str, Any]) -> ServiceContent:
    return ServiceContent(str(value["revision"]), {str(table): int(rows) for table, rows in value["tables"].items()})
