"""Who works on the command line, as the audit log names them."""

import os
import pwd
import socket

from services.config.settings import Settings


def operator_name(settings: Settings) -> str:
    """The name that was set, or that of the local user at this machine, such as `ada@laptop`."""
    return settings.operator or f"{_user()}@{socket.gethostname()}"


def _user() -> str:
    # Not the environment's word: LOGNAME and USER say whatever they are set to.
    user = os.getuid()
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        # Containers run as numbers that have no name.
        return f"user-{user}"
