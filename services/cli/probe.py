"""A cheap health check: the exit code is 0 when the service there, or web, is serving.

    python -I -S services/cli/probe.py [web] HOST:PORT [TLS CERTIFICATE KEY]

For containers, whose health is asked many times a minute: with nothing but Python's own library it takes 25 ms, where
gRPC would take most of a second. What it sends is the standard health check, as constant bytes of HTTP/2, or to web one
line of HTTP/1.1. TLS is `on` where the services talk TLS; the certificate is then shown to the service.
"""

import socket
import struct
import sys

SECONDS = 3.0
NAME = b"chatmount.internal"

DATA, HEADERS, SETTINGS = 0, 1, 4
END_STREAM, END_HEADERS = 1, 4
STREAM = 1
HEADER_BYTES = 9

NOTHING_ASKED = struct.pack("!?I", False, 0)
"""A message of gRPC without a field: not compressed, no bytes. It asks for the health of the whole process."""

SERVING = struct.pack("!?I", False, 2) + b"\x08\x01"
"""HealthCheckResponse with `status` 1."""


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def _text(text: bytes) -> bytes:
    return bytes([len(text)]) + text


# HPACK (RFC 7541): 0x80 | n is a whole field of the static table, n or 0x0f and the rest a name of it.
FIELDS = (
    b"\x83\x86"  # :method POST, :scheme http
    + (b"\x04" + _text(b"/grpc.health.v1.Health/Check"))  # :path
    + (b"\x01" + _text(NAME))  # :authority
    + (b"\x0f\x10" + _text(b"application/grpc"))  # content-type
    + (b"\x00" + _text(b"te") + _text(b"trailers"))
)
REQUEST = (
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    + _frame(SETTINGS, 0, 0, b"")
    + _frame(HEADERS, END_HEADERS, STREAM, FIELDS)
    + _frame(DATA, END_STREAM, STREAM, NOTHING_ASKED)
)

WEB = "web"
WEB_REQUEST = b"GET /healthz HTTP/1.1\r\nhost: " + NAME + b"\r\nconnection: close\r\n\r\n"
WEB_SERVING = b"HTTP/1.1 200 "


def is_serving(host: str, port: int, certificate: str = "", key: str = "", *, web: bool = False) -> bool:
    """Whether the service, or web, says so within a few seconds.

    OSError when it does not answer. With a certificate it is asked over TLS.
    """
    ask = _ask_web if web else _ask
    with socket.create_connection((host, port), SECONDS) as connection:
        if not certificate:
            return ask(connection)
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # On the loopback of its own container nobody else can answer.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.load_cert_chain(certificate, key)
        context.set_alpn_protocols(["http/1.1" if web else "h2"])
        with context.wrap_socket(connection, server_hostname=NAME.decode()) as secured:
            return ask(secured)


def _ask(connection: socket.socket) -> bool:
    connection.sendall(REQUEST)
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
        while len(received) >= HEADER_BYTES:
            length = int.from_bytes(received[:3], "big")
            if len(received) < HEADER_BYTES + length:
                break
            kind, flags, stream = struct.unpack("!BBI", received[3:HEADER_BYTES])
            payload, received = received[HEADER_BYTES : HEADER_BYTES + length], received[HEADER_BYTES + length :]
            if stream == STREAM and kind == DATA:
                return payload == SERVING
            if stream == STREAM and flags & END_STREAM:
                return False
    return False


def _ask_web(connection: socket.socket) -> bool:
    connection.sendall(WEB_REQUEST)
    received = b""
    while len(received) < len(WEB_SERVING) and (chunk := connection.recv(65536)):
        received += chunk
    return received.startswith(WEB_SERVING)


def main() -> None:
    """Asks once and exits."""
    web = sys.argv[1:2] == [WEB]
    arguments = sys.argv[2:] if web else sys.argv[1:]
    if len(arguments) not in (1, 4):
        sys.exit("usage: probe.py [web] HOST:PORT [TLS CERTIFICATE KEY]")
    host, _, port = arguments[0].rpartition(":")
    files = arguments[2:] if arguments[1:2] and arguments[1].lower() == "on" else []
    try:
        sys.exit(0 if is_serving(host, int(port), *files, web=web) else "not serving")
    except (OSError, ValueError) as error:
        sys.exit(f"not serving: {error}")


if __name__ == "__main__":
    main()
