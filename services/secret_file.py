"""The installation's signing secret: created at first start, readable by its owner alone."""

import os
import secrets
from pathlib import Path

from services.settings import SettingsError
from services.tokens import MINIMUM_SECRET_LENGTH


def read_secrets(file: Path) -> tuple[str, ...]:
    """The secrets in `file`, one a line: the first signs, all verify. SettingsError when none will do."""
    try:
        lines = tuple(line.strip() for line in file.read_text("utf-8").splitlines() if line.strip())
    except OSError as error:
        raise SettingsError(
            f"The signing secret can't be read ({error.strerror}): CHATMOUNT_SECRET_FILE={file}. "
            "`chatmount up` creates it; every service must see the same file."
        ) from error
    if not lines or any(len(line) < MINIMUM_SECRET_LENGTH for line in lines):
        raise SettingsError(
            f"CHATMOUNT_SECRET_FILE={file} must hold at least {MINIMUM_SECRET_LENGTH} characters a line."
        )
    return lines


def ensure_secret(file: Path) -> tuple[str, ...]:
    """Creates `file` (0600, in a 0700 folder) unless it is there, and reads it. Several processes may do so at once."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not file.exists():
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_urlsafe(48) + "\n")
        try:
            # A hard link appears whole or not at all, and never replaces a secret that another process made first.
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return read_secrets(file)
