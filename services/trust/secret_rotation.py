"""The steps of a rotation: a new secret is accepted, then signs, then the old ones leave.

Each step replaces the file as a whole and leaves one that works, whatever comes after it.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from services.config.settings import SettingsError
from services.trust.private_files import replace_privately
from services.trust.secret_file import new_secret, read_secrets

Secrets = tuple[str, ...]


def add_secret(file: Path) -> str:
    """Add a new secret, which is accepted and signs nothing yet, and return it."""
    secret = new_secret()
    _change(file, lambda secrets: (*secrets, secret))
    return secret


def promote_secret(file: Path, secret: str) -> None:
    """Let `secret` sign and accept the others still. SettingsError when it is not in the file."""

    def promoted(secrets: Secrets) -> Secrets:
        if secret not in secrets:
            raise SettingsError(f"CHATMOUNT_SECRET_FILE={file} no longer holds the secret that was to sign.")
        return (secret, *(each for each in secrets if each != secret))

    _change(file, promoted)


def retire_secrets(file: Path) -> int:
    """Drop all secrets but the one that signs; return how many they were."""
    before = _change(file, lambda secrets: secrets[:1])
    return len(before) - 1


def _change(file: Path, change: Callable[[Secrets], Secrets]) -> Secrets:
    """Change the secrets, and return those of before. No two commands do so at once."""
    try:
        with _locked(file.parent):
            before = read_secrets(file)
            after = change(before)
            if after != before:
                # A link is followed, so that it is there after this as well.
                target = file.resolve()
                replace_privately(target, "".join(f"{secret}\n" for secret in after), like=target.stat())
            return before
    except OSError as error:
        raise SettingsError(f"CHATMOUNT_SECRET_FILE={file} can't be replaced ({error.strerror}).") from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
