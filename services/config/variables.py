"""Variables of the environment: each method reads one and refuses what can't be used."""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from services.config.addresses import grpc_target

MAXIMUM_NAME_LENGTH = 200
MAXIMUM_PREFIX_LENGTH = 500

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(Exception):
    """A setting that can't be used: one line that names the variable and says what to do."""


class Variables:
    """The variables of an environment, by their names without `CHATMOUNT_`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def text(self, name: str, default: str = "") -> str:
        """Any text, without space around it."""
        return self._environment.get(f"CHATMOUNT_{name}", "").strip() or default

    def foreign(self, name: str) -> str:
        """Any text of a variable that is not Chatmount's own, by its whole name."""
        return self._environment.get(name, "").strip()

    def name(self, name: str) -> str:
        """The name of a person or machine."""
        text = self.text(name)
        if len(text) > MAXIMUM_NAME_LENGTH or not text.isprintable():
            raise SettingsError(f"CHATMOUNT_{name} must be a name of at most {MAXIMUM_NAME_LENGTH} plain characters.")
        return text

    def number(self, name: str, default: int, minimum: int, maximum: int) -> int:
        """A whole number."""
        text = self.text(name, str(default))
        if not re.fullmatch(r"[0-9]{1,20}", text) or not minimum <= int(text) <= maximum:
            raise SettingsError(f"CHATMOUNT_{name} must be a whole number from {minimum} to {maximum}, not {text!r}.")
        return int(text)

    def decimal(self, name: str, default: float, minimum: float, maximum: float) -> float:
        """A number that may have a fraction."""
        text = self.text(name, str(default))
        if not re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII) or not minimum <= float(text) <= maximum:
            raise SettingsError(f"CHATMOUNT_{name} must be a number from {minimum:g} to {maximum:g}, not {text!r}.")
        return float(text)

    def choice(self, name: str, default: str, *allowed: str) -> str:
        """One of these texts, which are in capitals, however it is written."""
        text = self.text(name, default).upper()
        if text not in allowed:
            raise SettingsError(f"CHATMOUNT_{name} must be one of {', '.join(allowed)}, not {text!r}.")
        return text

    def switch(self, name: str, default: str) -> bool:
        """ON or OFF."""
        return self.choice(name, default, "ON", "OFF") == "ON"

    def networks(self, name: str) -> tuple[Network, ...]:
        """Networks with commas between them."""
        try:
            return tuple(ipaddress.ip_network(part.strip()) for part in self.text(name).split(",") if part.strip())
        except ValueError as error:
            raise SettingsError(
                f"CHATMOUNT_{name} must be networks such as 10.0.0.0/8, with commas between them ({error})."
            ) from error

    def file(self, name: str) -> Path | None:
        """A file that exists."""
        text = self.text(name)
        if not text:
            return None
        path = Path(text).expanduser().resolve()
        try:
            if path.is_file():
                return path
        except OSError as error:
            # Of a folder that this user may not look into.
            raise SettingsError(
                f"CHATMOUNT_{name} names a file that can't be read ({error.strerror}): {text}"
            ) from error
        raise SettingsError(f"CHATMOUNT_{name} names a file that does not exist: {text}")

    def url(self, name: str, *schemes: str) -> str:
        """A URL of one of these schemes."""
        text = self.text(name)
        # The value may hold a password: it is not repeated.
        if text and text.partition("://")[0].lower() not in schemes:
            allowed = ", ".join(f"{scheme}://" for scheme in schemes)
            raise SettingsError(f"CHATMOUNT_{name} must be a URL that begins with {allowed}.")
        try:
            parts = urlsplit(text)
            is_somewhere = bool(parts.path if parts.scheme == "unix" else parts.hostname) and parts.port != 0
        except ValueError:
            is_somewhere = False
        if text and not is_somewhere:
            raise SettingsError(f"CHATMOUNT_{name} must be a URL that names a host, and no port or a right one.")
        return text

    def secret(self, name: str) -> str:
        """A secret that goes into a header."""
        text = self.text(name)
        if text and not re.fullmatch(r"[!-~]+", text):
            raise SettingsError(f"CHATMOUNT_{name} must consist of visible ASCII characters.")
        return text

    def prefix(self, name: str, url: str) -> str:
        """What an embedder expects before a text; it needs the variable `url`."""
        text = self.text(name)
        if len(text) > MAXIMUM_PREFIX_LENGTH or not text.isprintable():
            raise SettingsError(
                f"CHATMOUNT_{name} must be at most {MAXIMUM_PREFIX_LENGTH} characters on one line (\\n: a line break)."
            )
        if text and not self.text(url):
            raise SettingsError(f"CHATMOUNT_{name} has no effect without CHATMOUNT_{url}: set that.")
        # Not every file of variables can hold a line break.
        return text.replace(r"\n", "\n")

    def address(self, name: str) -> str:
        """A host and a port to listen on."""
        text = self.text(name)
        host, _, port = text.rpartition(":")
        if text and not (host and re.fullmatch(r"[0-9]{1,5}", port) and 0 < int(port) < 65536):
            raise SettingsError(f"CHATMOUNT_{name} must be host:port, not {text!r}.")
        return text

    def addresses(self, name: str) -> str:
        """The addresses of a service's replicas; see addresses.py."""
        text = self.text(name)
        try:
            grpc_target(text)
        except ValueError as error:
            raise SettingsError(
                f"CHATMOUNT_{name} must be host:port, or IP addresses with ports and commas between them: {error}."
            ) from error
        return text
