"""The public address of a local stack, for Envoy and for clients on this machine."""

from dataclasses import dataclass

from services.config.settings import Settings

ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - it is compared with, not listened on


@dataclass(frozen=True, slots=True)
class PublicAddress:
    """Host and ports of the two public listeners."""

    host: str
    http_port: int
    https_port: int

    def url(self, scheme: str) -> str:
        """The base URL for programs, with an address."""
        return f"{scheme}://{self._reachable}:{self._port(scheme)}"

    def friendly_url(self, scheme: str) -> str:
        """The base URL for people, with `localhost` where that is right."""
        host = "localhost" if self.host in ANY_ADDRESS else self._reachable
        return f"{scheme}://{host}:{self._port(scheme)}"

    def dashboard(self, settings: Settings) -> str:
        """Where people see the dashboard.

        Over http on this machine: browsers keep its cookies for `localhost` as they do over https, and do not warn of
        a certificate that nobody has signed.
        """
        if settings.dashboard_url:
            return settings.dashboard_url
        is_here = self.host in (*ANY_ADDRESS, *ANY_ADDRESS.values(), "::1")
        base = f"http://localhost:{self.http_port}" if is_here else self.url("https")
        return f"{base}/dashboard/"

    @property
    def grpc(self) -> str:
        """`host:port` for native gRPC without TLS."""
        return f"{self._reachable}:{self.http_port}"

    @property
    def _reachable(self) -> str:
        if self.host in ANY_ADDRESS:
            return ANY_ADDRESS[self.host]
        return f"[{self.host}]" if ":" in self.host else self.host

    def _port(self, scheme: str) -> int:
        return self.https_port if scheme == "https" else self.http_port
