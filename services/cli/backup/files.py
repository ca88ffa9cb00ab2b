"""The few files that belong to an installation's state, beside its tables."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from services.cli.backup.manifest import DamagedBackup
from services.cli.up.demo import FILE_NAME as DEMO
from services.config.settings import Settings
from services.trust.private_files import write_privately

SECRET = "secrets/signing.key"  # noqa: S105 - where it is, not what it is


def files_of(settings: Settings) -> Mapping[str, Path]:
    """Where each of them is, by its name in a backup. Any of them may not be there."""
    # Without the note that the demo was seeded, the next start would finish the seeding, and replace the demo's key.
    return {SECRET: settings.secret_file, DEMO: settings.home / DEMO}


@contextmanager
def prepared(settings: Settings, contents: Mapping[str, bytes]) -> Iterator[None]:
    """Writes drafts before the block, and gives them their names when it ends well.

    A secret that the backup lacks stays as it is. DamagedBackup, or OSError before the block.
    """
    drafts = dict[Path, Path]()
    try:
        for name, file in files_of(settings).items():
            if name in contents:
                drafts[file] = _draft(file, contents[name])
        yield
        for file, draft in drafts.items():
            draft.replace(file)
        if DEMO not in contents:
            files_of(settings)[DEMO].unlink(missing_ok=True)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def _draft(file: Path, content: bytes) -> Path:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise DamagedBackup(f"{file.name} is not text") from error
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    write_privately(draft, text)
    return draft
