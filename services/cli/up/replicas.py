"""How many processes of each service a stack has, and what they share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.cli.up.ports import ReservedPort
from services.config.addresses import parse_addresses
from services.config.settings import Settings, SettingsError
from services.trust.principal import SERVICES

MOST_REPLICAS = 64
# What several processes of a service can only share outside of them, and the setting that says where.
SHARED = (
    ("database_url", "CHATMOUNT_DATABASE_URL", SERVICES),
    ("redis_url", "CHATMOUNT_REDIS_URL", ("auth", "quota")),
    ("qdrant_url", "CHATMOUNT_QDRANT_URL", ("retrieval",)),
)


@dataclass(frozen=True, slots=True)
class Replica:
    """One process of a service: `chat`, or the second of several, `chat-2`."""

    service: str
    name: str
    address: str
    metrics: str


class Replicas:
    """All processes of all services, each on ports that stay its own over its restarts."""

    def __init__(self, settings: Settings, counts: Mapping[str, int]) -> None:
        """`counts`: see `count_replicas`."""
        self._ports: list[ReservedPort] = []
        self._all: list[Replica] = []
        for service in SERVICES:
            given = [str(address) for address in parse_addresses(str(getattr(settings, f"{service}_address")))]
            count = counts[service]
            for number in range(count):
                name = service if count == 1 else f"{service}-{number + 1}"
                address = given[number] if given else self._reserve()
                self._all.append(Replica(service, name, address, self._reserve()))

    def __iter__(self) -> Iterator[Replica]:
        return iter(self._all)

    def of(self, service: str) -> list[Replica]:
        """The replicas of one service."""
        return [replica for replica in self._all if replica.service == service]

    def addresses(self, service: str) -> list[str]:
        """Where they are, `host:port` each."""
        return [replica.address for replica in self.of(service)]

    def release(self) -> None:
        """Gives all ports back."""
        for port in self._ports:
            port.release()

    def _reserve(self) -> str:
        self._ports.append(ReservedPort())
        return self._ports[-1].address


def count_replicas(wishes: Sequence[str], settings: Settings) -> dict[str, int]:
    """How many replicas each service has.

    SettingsError for a wish that can't be understood or fulfilled. A wish is `N` for all services, or
    `SERVICE=N[,SERVICE=N…]`; later ones outdo earlier ones.
    """
    wished = _read(wishes)
    counts = {}
    for service in SERVICES:
        given = len(parse_addresses(str(getattr(settings, f"{service}_address"))))
        counts[service] = wished.get(service) or given or 1
        if given and counts[service] != given:
            raise SettingsError(
                f"CHATMOUNT_{service.upper()}_ADDRESS names {given} of {service}, and --replicas wants "
                f"{counts[service]}: name as many, or unset it to have ports chosen."
            )
    _check(counts, settings)
    return counts


def _read(wishes: Sequence[str]) -> dict[str, int]:
    wished: dict[str, int] = {}
    for wish in ",".join(wishes).split(",") if wishes else ():
        service, equals, number = wish.strip().rpartition("=")
        if equals and service not in SERVICES:
            raise SettingsError(f"--replicas knows no service {service!r}: there are {', '.join(SERVICES)}.")
        if not (number.isascii() and number.isdigit() and 1 <= int(number) <= MOST_REPLICAS):
            raise SettingsError(
                f"--replicas takes a number from 1 to {MOST_REPLICAS}, or as in chat=3,quota=2; not {wish.strip()!r}."
            )
        wished |= dict.fromkeys([service] if equals else SERVICES, int(number))
    return wished


def _check(counts: Mapping[str, int], settings: Settings) -> None:
    for attribute, variable, services in SHARED:
        several = [service for service in services if counts[service] > 1]
        if several and not getattr(settings, attribute):
            raise SettingsError(
                f"Several replicas of {' and '.join(several)} need {variable}, which they share"
                + _hint(attribute, counts)
            )


def _hint(attribute: str, counts: Mapping[str, int]) -> str:
    others = [f"{service}={count}" for service, count in counts.items() if count > 1 and service != "retrieval"]
    return f"; without it: --replicas {','.join(others)}." if attribute == "qdrant_url" and others else "."
