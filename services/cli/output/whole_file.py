"""Files that commands write appear whole: under another name first, then in their place."""

import stat
from pathlib import Path


def reason_not_replaceable(file: Path) -> str:
    """Why `file` can't be replaced; empty when it is free or a plain file."""
    try:
        mode = file.lstat().st_mode
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{file}: {error.strerror}."
    if stat.S_ISLNK(mode):
        return f"{file} is a symbolic link; name the file that it leads to."
    return "" if stat.S_ISREG(mode) else f"{file} is not a file."
