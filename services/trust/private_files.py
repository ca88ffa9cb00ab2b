"""Files for their owner alone, which appear whole or not at all."""

import os
from pathlib import Path


def write_privately(file: Path, text: str) -> None:
    """Create `file`, which must not be there yet, for its owner alone."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(descriptor)


def replace_privately(file: Path, text: str, like: os.stat_result | None = None) -> None:
    """Put this text in the place of `file`, if there is one; with the owner and mode of `like`."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        write_privately(draft, text)
        if like is not None:
            if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
                # Root may do this for the user whose services must be able to read it.
                os.chown(draft, like.st_uid, like.st_gid)
            draft.chmod(like.st_mode & 0o777)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
