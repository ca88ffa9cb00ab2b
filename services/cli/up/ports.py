"""Ports: the public ones must be free, the internal ones are free ones that stay ours."""

import errno
import socket

from services.config.settings import SettingsError

LOOPBACK = "127.0.0.1"


class ReservedPort:
    """A port that only our own child can have; by default a free one of loopback.

    The socket is bound and never listens. That keeps the kernel from giving the port away, as a listener or as the near
    end of some outgoing connection, while the service that uses it is being restarted; a listener that sets
    SO_REUSEADDR, as those of gRPC and Envoy do, may take it all the same.
    """

    def __init__(self, host: str = LOOPBACK, port: int = 0) -> None:
        """OSError when the port can't be had."""
        self._socket = _socket(host)
        try:
            if port:
                _allow_reuse(self._socket)
            self._socket.bind((host, port))
            # Of a port that the kernel chooses only now: set before, two stacks that start at once could get the same.
            _allow_reuse(self._socket)
        except OSError:
            self._socket.close()
            raise
        self.number = int(self._socket.getsockname()[1])
        self.address = f"{host}:{self.number}"

    def release(self) -> None:
        """Gives the port back."""
        self._socket.close()


def public_port(host: str, port: int, variable: str) -> ReservedPort:
    """`port`, or a free one for 0. SettingsError, naming the variable, when it can't be had."""
    try:
        if port:
            _listen_once(host, port)
        return ReservedPort(host, port)
    except OSError as error:
        raise SettingsError(_reason(host, port, variable, error)) from error


def _listen_once(host: str, port: int) -> None:
    with _socket(host) as probe:
        # A port that a stack used a moment ago is free, although its old connections linger.
        _allow_reuse(probe)
        probe.bind((host, port))
        probe.listen(1)


def _socket(host: str) -> socket.socket:
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)


def _allow_reuse(opened: socket.socket) -> None:
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def _reason(host: str, port: int, variable: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use; set {variable} to a free one (0: any), or stop what uses it."
    if error.errno == errno.EACCES:
        return f"Port {port} may only be opened by root; set {variable} to one from 1024 up."
    return f"CHATMOUNT_LISTEN_HOST={host} is no address of this machine ({error.strerror})."
