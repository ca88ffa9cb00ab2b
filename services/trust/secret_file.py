"""The signing secret: made at first start, private, replaced while everything runs."""

import hashlib
import logging
import os
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from services.config.settings import SettingsError
from services.trust.private_files import write_privately
from services.trust.signed_claims import MINIMUM_SECRET_LENGTH

logger = logging.getLogger("chatmount.secrets")

LOOK_SECONDS = 1.0
"""How old what is known of the file may be; a process that is not called does not look."""

# A flood of garbage must not become a flood of looks.
LOOK_AT_ONCE_SECONDS = 0.1

MADE_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"

Mark = tuple[int, int, int, int]
UNREAD: Mark = (0, 0, 0, 0)


def read_secrets(file: Path) -> tuple[str, ...]:
    """The secrets in `file`, one a line: the first signs, all verify. SettingsError for none."""
    try:
        lines = tuple(line.strip() for line in file.read_text("utf-8").splitlines() if line.strip())
    except OSError as error:
        raise SettingsError(
            f"The signing secret can't be read ({error.strerror}): CHATMOUNT_SECRET_FILE={file}. "
            "`chatmount up` creates it; every service must see the same file."
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"CHATMOUNT_SECRET_FILE={file} is not text.") from error
    if not lines or any(len(line) < MINIMUM_SECRET_LENGTH for line in lines):
        raise SettingsError(
            f"CHATMOUNT_SECRET_FILE={file} must hold at least {MINIMUM_SECRET_LENGTH} characters a line."
        )
    return lines


def ensure_secret(file: Path) -> tuple[str, ...]:
    """Create `file` (0600, in a 0700 folder) unless it is there, and read it.

    Several processes may do so at once. SettingsError when it can't be made or read.
    """
    try:
        if not file.exists():
            _create(file)
    except OSError as error:
        raise SettingsError(
            f"The signing secret can't be made ({error.strerror}): CHATMOUNT_SECRET_FILE={file}; "
            f"user {os.geteuid()} must be able to write there."
        ) from error
    return read_secrets(file)


def _create(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    write_privately(draft, new_secret() + "\n")
    try:
        # A hard link appears whole or not at all, and never replaces a secret that another process made first.
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def new_secret(now: datetime | None = None) -> str:
    """A fresh secret: the time at which it was made, which is no secret, and 48 random bytes."""
    made = (now or datetime.now(UTC)).strftime(MADE_FORMAT)
    return f"{made}.{secrets.token_urlsafe(48)}"


def made_at(secret: str) -> datetime | None:
    """The time at which `new_secret` made it; None for one that a person chose."""
    try:
        return datetime.strptime(secret.rpartition(".")[0], MADE_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None


def newest(secrets: tuple[str, ...]) -> str:
    """The secret that was made last; where that is not known, the one that was added last."""
    beginning = datetime.min.replace(tzinfo=UTC)
    return max(enumerate(secrets), key=lambda entry: (made_at(entry[1]) or beginning, entry[0]))[1]


def fingerprint(secret: str) -> str:
    """Twelve hexadecimal digits that tell a secret from others and tell nothing about it."""
    return hashlib.sha256(b"chatmount signing secret\n" + secret.encode()).hexdigest()[:12]


class SecretFile:
    """The secrets of a file as they are now: a running process sees a change within a second.

    A file that is lost or can't be used changes nothing: the secrets that were read last stay in force.
    """

    def __init__(self, file: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        """SettingsError when it can't be used to begin with."""
        self._file = file
        self._monotonic = monotonic
        self._looked_at = monotonic()
        self._complaint = ""
        # Before it is read: what comes between the two is then seen as a change.
        self._mark = self._look()
        self._secrets = read_secrets(file)

    def at_once(self) -> tuple[str, ...]:
        """The secrets at this moment, for a token that those known so far don't verify."""
        return self.current(LOOK_AT_ONCE_SECONDS)

    def current(self, seconds: float = LOOK_SECONDS) -> tuple[str, ...]:
        """The secrets, not older than a second."""
        now = self._monotonic()
        if now - self._looked_at >= seconds:
            self._looked_at = now
            mark = self._look()
            if mark != self._mark:
                self._mark = mark
                self._read()
        return self._secrets

    def _look(self) -> Mark | None:
        try:
            found = self._file.stat()
        except OSError:
            return None
        return (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)

    def _read(self) -> None:
        try:
            secrets_now = read_secrets(self._file)
        except SettingsError as error:
            # It may have been a moment's trouble: it is tried again, and said once.
            self._mark = UNREAD
            if self._complaint != str(error):
                self._complaint = str(error)
                logger.error("the signing secrets stay as they are: %s", error)
            return
        self._complaint = ""
        if secrets_now != self._secrets:
            self._secrets = secrets_now
            logger.info("signing with secret %s, accepting %d", fingerprint(secrets_now[0]), len(secrets_now))
