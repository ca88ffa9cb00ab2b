"""The steps by which a signing secret is replaced: accepted first, then signing, then the old ones leave.

Each step replaces the file as a whole and leaves something that works, whatever comes after it.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from services.config.settings import SettingsError
from services.trust.secret_file import new_secret, read_secrets, write_privately

Secrets = tuple[str, ...]


def add_secret(file: Path) -> str:
    """Adds a new secret, which is accepted and signs nothing yet, and returns it."""
    secret = new_secret()
    _change(file, lambda secrets: (*secrets, secret))
    return secret


def promote_secret(file: Path, secret: str) -> None:
    """Lets `secret` sign; those that did before are still accepted. SettingsError when it is not in the file."""

    def promoted(secrets: Secrets) -> Secrets:
        if secret not in secrets:
            raise SettingsError(f"CHATMOUNT_SECRET_FILE={file} no longer holds the secret that was to sign.")
        return (secret, *(each for each in secrets if each != secret))

    _change(file, promoted)


def retire_secrets(file: Path) -> int:
    """Drops all secrets but the one that signs; returns how many they were."""
    dropped = 0

    def retired(secrets: Secrets) -> Secrets:
        nonlocal dropped
        dropped = len(secrets) - 1
        return secrets[:1]

    _change(file, retired)
    return dropped


def _change(file: Path, change: Callable[[Secrets], Secrets]) -> None:
    try:
        with _alone(file.parent):
            before = read_secrets(file)
            after = change(before)
            if after != before:
                _replace(file, after)
    except OSError as error:
        raise SettingsError(f"CHATMOUNT_SECRET_FILE={file} can't be replaced ({error.strerror}).") from error


def _replace(file: Path, secrets: Secrets) -> None:
    # A link is followed, so that it is there after this as well.
    file = file.resolve()
    found = file.stat()
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        write_privately(draft, "".join(f"{secret}\n" for secret in secrets))
        if (found.st_uid, found.st_gid) != (os.geteuid(), os.getegid()):
            # Root may do this for the user whose services must be able to read it.
            os.chown(draft, found.st_uid, found.st_gid)
        draft.chmod(found.st_mode & 0o777)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No two commands change the file at once."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
