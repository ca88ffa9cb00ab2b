"""How many processes of each kind a stack has, and what they share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.cli.processes import processes_of
from services.cli.up.ports import ReservedPort
from services.config.addresses import parse_addresses
from services.config.settings import Settings, SettingsError
from services.config.wiring import Groups
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
    """One of PROCESSES: `chat`, or the second of several, `chat-2`."""

    process: str
    name: str
    address: str
    metrics: str


@dataclass(frozen=True, slots=True)
class Unit:
    """One process of the system, and what it serves: a replica, or several services."""

    name: str
    replicas: tuple[Replica, ...]

    @property
    def processes(self) -> tuple[str, ...]:
        """Which of PROCESSES it is."""
        return tuple(replica.process for replica in self.replicas)


class Replicas:
    """All processes, each on ports that stay its own over its restarts."""

    def __init__(self, settings: Settings, counts: Mapping[str, int], groups: Groups = ()) -> None:
        """`counts`: see `count_replicas`.

        `groups`: which services share a process; there is one of each.
        """
        self._groups = groups
        self._ports: list[ReservedPort] = []
        self._all: list[Replica] = []
        for process, count in counts.items():
            given = [str(address) for address in parse_addresses(str(getattr(settings, f"{process}_address")))]
            for number in range(count):
                name = process if count == 1 else f"{process}-{number + 1}"
                address = given[number] if given else self._reserve()
                self._all.append(Replica(process, name, address, self._metrics_of(process)))

    def __iter__(self) -> Iterator[Replica]:
        return iter(self._all)

    def units(self) -> list[Unit]:
        """The processes of the system."""
        units = []
        for replica in self._all:
            group = self._group_of(replica.process)
            if replica.process == group[0]:
                together = tuple(each for each in self._all if each.process in group)
                units += [Unit(",".join(group), together)] if len(group) > 1 else [Unit(replica.name, (replica,))]
        return units

    def addresses(self) -> dict[str, list[str]]:
        """Where the replicas of each process are, `host:port` each."""
        return self._by_process(lambda replica: replica.address)

    def metrics(self) -> dict[str, list[str]]:
        """Where they show their metrics."""
        return self._by_process(lambda replica: replica.metrics)

    def _by_process(self, place: Callable[[Replica], str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for replica in self._all:
            found.setdefault(replica.process, []).append(place(replica))
        return found

    def release(self) -> None:
        """Gives all ports back."""
        for port in self._ports:
            port.release()

    def _group_of(self, process: str) -> tuple[str, ...]:
        return next((group for group in self._groups if process in group), (process,))

    def _metrics_of(self, process: str) -> str:
        """A process of the system shows its metrics in one place."""
        group = self._group_of(process)
        beside = (each.metrics for each in self._all if len(group) > 1 and each.process in group)
        return next(beside, None) or self._reserve()

    def _reserve(self) -> str:
        self._ports.append(ReservedPort())
        return self._ports[-1].address


def count_replicas(wishes: Sequence[str], settings: Settings) -> dict[str, int]:
    """How many replicas each process has.

    SettingsError for a wish that can't be understood or fulfilled. A wish is `N` for all, or `NAME=N[,NAME=N…]`;
    later ones outdo earlier ones.
    """
    processes = processes_of(settings)
    wished = _read(wishes, processes)
    counts = {}
    for process in processes:
        given = len(parse_addresses(str(getattr(settings, f"{process}_address"))))
        counts[process] = wished.get(process) or given or 1
        if given and counts[process] != given:
            raise SettingsError(
                f"CHATMOUNT_{process.upper()}_ADDRESS names {given} of {process}, and --replicas wants "
                f"{counts[process]}: name as many, or unset it to have ports chosen."
            )
    _check(counts, settings)
    return counts


def _read(wishes: Sequence[str], processes: Sequence[str]) -> dict[str, int]:
    wished: dict[str, int] = {}
    for wish in ",".join(wishes).split(",") if wishes else ():
        process, equals, number = wish.strip().rpartition("=")
        if equals and process not in processes:
            raise SettingsError(f"--replicas knows no process {process!r}: there are {', '.join(processes)}.")
        if not (number.isascii() and number.isdigit() and 1 <= int(number) <= MOST_REPLICAS):
            raise SettingsError(
                f"--replicas takes a number from 1 to {MOST_REPLICAS}, or as in chat=3,quota=2; not {wish.strip()!r}."
            )
        wished |= dict.fromkeys([process] if equals else processes, int(number))
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
