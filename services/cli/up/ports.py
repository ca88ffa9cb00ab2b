"""Ports: the public ones must be free, the internal ones are free ones that stay ours."""

import errno
import socket

from services.settings import SettingsError

LOOPBACK = "127.0.0.1"


class ReservedPort:
    """A free port of the loopback interface, kept from everybody but our own child.

    The socket is bound and never listens. That keeps the kernel from giving the port away, as a listener or as the near
    end of some outgoing connection, while the service that uses it is being restarted; a listener that sets
    SO_REUSEADDR, as gRPC's do, may take it all the same.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind((LOOPBACK, 0))
        # Only now: set before, two stacks that start at once could be given the same port.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.address = f"{LOOPBACK}:{self._socket.getsockname()[1]}"

    def release(self) -> None:
        """Gives the port back."""
        self._socket.close()


def public_port(host: str, port: int, variable: str) -> int:
    """`port` when it can be listened on, or a free one for 0. SettingsError, naming the variable, when it can't."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # A port that a stack used a moment ago is free, although its old connections linger.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            raise SettingsError(_reason(host, port, variable, error)) from error
        return int(probe.getsockname()[1])


def _reason(host: str, port: int, variable: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use; set {variable} to a free one (0: any), or stop what uses it."
    if error.errno == errno.EACCES:
        return f"Port {port} may only be opened by root; set {variable} to one from 1024 up."
    return f"CHATMOUNT_LISTEN_HOST={host} is no address of this machine ({error.strerror})."
