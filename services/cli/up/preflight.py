"""Settings that can't work are refused before anything is started, in one line."""

import asyncio
import difflib
import os
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path

from services.config.plans import load_plans, load_widget_limits
from services.config.settings import Settings, SettingsError, load_settings
from services.edge.certificate import given_certificate
from services.edge.config import CONNECTIONS
from services.edge.open_files import open_file_warning
from services.retrieval.index.server.version import check_version
from services.sqlite_files import DamagedDatabase, refuse_damaged
from services.trust.principal import SERVICES
from services.trust.process_privacy import OTHERS

QDRANT_SECONDS = 10.0
REDIS_SECONDS = 10.0


def prepare_home(settings: Settings) -> None:
    """Makes the home folder. SettingsError when it can't be written."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SettingsError(f"CHATMOUNT_HOME={settings.home} can't be made: {error.strerror}.") from error
    if not os.access(settings.home, os.W_OK | os.X_OK):
        raise SettingsError(f"CHATMOUNT_HOME={settings.home} can't be written by this user.")


class _Recorded(dict[str, str]):
    """An environment that remembers what was looked up in it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__(environment)
        self.names: set[str] = set()

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        self.names.add(name)
        return super().get(name, default)


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """A line for every variable that looks like a setting and is none, which has no effect."""
    recorded = _Recorded(environment)
    load_settings(recorded)
    lines = []
    for name in sorted(name for name in environment if name.startswith("CHATMOUNT_") and name not in recorded.names):
        similar = difflib.get_close_matches(name, recorded.names, 1, cutoff=0.85)
        lines.append(f"{name} is no setting" + (f"; did you mean {similar[0]}?" if similar else ""))
    return lines


def warnings(environment: Mapping[str, str], home: Path, connections: int) -> list[str]:
    """Warnings that do not stop the start. `connections`: how many each public port can take."""
    lines = (open_file_warning(CONNECTIONS, connections), _open_home(home))
    return [*unknown_variables(environment), *(line for line in lines if line)]


def _open_home(home: Path) -> str | None:
    """The warning for a home that other users can enter, which may be on purpose."""
    mode = stat.S_IMODE(home.stat().st_mode)
    if not mode & OTHERS:
        return None
    return (
        f"CHATMOUNT_HOME={home} is open to other users (mode {mode:03o}), and older files in it may be; "
        f"chmod -R go= {shlex.quote(str(home))} closes it"
    )


async def check(settings: Settings) -> None:
    """SettingsError when something that the settings name can't be used."""
    load_plans(settings.plans_file)
    load_widget_limits(settings.plans_file)
    given_certificate(settings)
    if settings.http_port and settings.http_port == settings.https_port:
        raise SettingsError("CHATMOUNT_HTTP_PORT and CHATMOUNT_HTTPS_PORT must be two different ports.")
    if settings.database_url:
        await _check_database(settings)
    else:
        await _look_for_damage(settings)
    if settings.redis_url:
        await _check_redis(settings.redis_url)
    if settings.qdrant_url:
        await _check_qdrant(settings.qdrant_url, settings.qdrant_api_key)


# SQLAlchemy, the Redis client and aiohttp take long to load, while nothing is started yet, and a new stack on this
# machine needs none of them here.


async def _check_database(settings: Settings) -> None:
    from services.database import open_database
    from services.database.diagnosis import diagnose

    try:
        database = open_database(settings, "auth")
        try:
            await database.check()
        finally:
            await database.close()
    except Exception as error:  # whatever driver and network can come up with
        text = await diagnose(settings.database_url, error)
        raise SettingsError(f"CHATMOUNT_DATABASE_URL: {text}.") from error


async def _look_for_damage(settings: Settings) -> None:
    files = [file for service in SERVICES if (file := settings.sqlite_file(service)).exists()]
    try:
        await asyncio.gather(*(asyncio.to_thread(refuse_damaged, file) for file in files))
    except DamagedDatabase as error:
        raise SettingsError(f"{error}.") from error


async def _check_redis(url: str) -> None:
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    try:
        client = Redis.from_url(url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)
        async with client:
            await client.exists("chatmount")
    except (RedisError, OSError, ValueError) as error:
        text = " ".join(str(error).split()) or type(error).__name__
        raise SettingsError(f"CHATMOUNT_REDIS_URL: the Redis server can't be used ({text}).") from error


async def _check_qdrant(url: str, api_key: str) -> None:
    import aiohttp

    headers = {"api-key": api_key} if api_key else {}
    timeout = aiohttp.ClientTimeout(total=QDRANT_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(headers=headers, timeout=timeout) as session,
            session.get(f"{url.rstrip('/')}/collections") as reply,
            session.get(f"{url.rstrip('/')}/") as root,
        ):
            status = reply.status
            about = await root.json(content_type=None) if status == 200 else None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise SettingsError("CHATMOUNT_QDRANT_URL: no Qdrant server answers there.") from error
    except ValueError:
        about = None
    if status in (401, 403):
        raise SettingsError("CHATMOUNT_QDRANT_API_KEY is not accepted by the Qdrant server.")
    if status != 200:
        raise SettingsError(f"CHATMOUNT_QDRANT_URL: what answers there is no Qdrant server (status {status}).")
    check_version(str(about.get("version", "")) if isinstance(about, dict) else "")
