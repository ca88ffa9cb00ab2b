"""What is printed when the stack is ready: where it is, the key, and a line to paste."""

import json
import os
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from services.cli.calls.endpoints import Endpoints
from services.cli.up.demo import Demo
from services.cli.up.public_address import PublicAddress
from services.config.settings import Settings

QUESTION = "How do I rotate a key?"
LABEL_WIDTH = 11


@dataclass(frozen=True, slots=True)
class Doors:
    """Where the dashboard is, and the link of its first owner; each empty when there is none."""

    dashboard: str = ""
    first_owner: str = ""


def banner(settings: Settings, public: PublicAddress, demo: Demo | None, doors: Doors, colour: bool) -> str:
    """The banner. It holds the key's secret when the demo was just made."""
    bold, plain = ("\x1b[1m", "\x1b[0m") if colour else ("", "")
    url = public.friendly_url("http")
    secure = public.friendly_url("https") + "/v1/chat"
    key = (demo.key if demo else "") or "YOUR_KEY"
    trust = "" if settings.tls_certificate else "   (self-signed certificate: curl -k)"
    rows = [
        ("URL", f"{bold}{url}/v1/chat{plain}"),
        ("HTTPS", f"{secure}{trust}"),
        *_key_rows(settings, demo, bold, plain),
        *_dashboard_rows(doors, bold, plain),
    ]
    lines = [
        "",
        f"{bold}Chatmount is ready.{plain}",
        "",
        *(f"  {label:<{LABEL_WIDTH}}{text}" for label, text in rows),
        "",
        "  Ask, and get the answer at once or as it is written:",
        "",
        # At the start of the line and in one, so that it can be copied with a triple click.
        curl(url, key, stream=False),
        "",
        curl(url, key, stream=True),
        "",
        "  Ctrl-C stops everything; the data stays.",
        "",
    ]
    return "\n".join(lines)


def banner_json(endpoints: Endpoints, demo: Demo | None, doors: Doors) -> dict[str, str | None]:
    """The same for programs."""
    return {
        "url": f"{endpoints.http}/v1/chat",
        "https": f"{endpoints.https}/v1/chat",
        "grpc": endpoints.grpc,
        "key": (demo.key if demo else "") or None,
        "chatbot_id": demo.chatbot_id if demo else None,
        "dashboard": doors.dashboard or None,
        "first_owner_link": doors.first_owner or None,
    }


def curl(url: str, key: str, *, stream: bool) -> str:
    """A curl line that can be pasted into a shell."""
    body: dict[str, object] = {"message": QUESTION} | ({"stream": True} if stream else {})
    headers = f"-H 'Authorization: Bearer {key}' -H 'Content-Type: application/json'"
    return f"curl {'-N ' if stream else ''}{url}/v1/chat {headers} -d {shlex.quote(json.dumps(body))}"


def command(settings: Settings) -> str:
    """How `chatmount` is called for this stack from the folder that `up` was started in."""
    found = shutil.which("chatmount")
    script = Path(sys.argv[0])
    if found and Path(found).resolve() == script.resolve():
        name = "chatmount"
    elif script.name == "chatmount":
        name = os.path.relpath(script)
    else:
        name = f"{os.path.relpath(sys.executable)} -m services.cli"
    default = Path("./.chatmount").resolve()
    return name if settings.home == default else f"CHATMOUNT_HOME={shlex.quote(str(settings.home))} {name}"


def _dashboard_rows(doors: Doors, bold: str, plain: str) -> list[tuple[str, str]]:
    if not doors.first_owner:
        return [("Dashboard", f"{bold}{doors.dashboard}{plain}")] if doors.dashboard else []
    return [
        ("Dashboard", f"{bold}{doors.first_owner}{plain}"),
        ("", "(makes you its first owner: works once, for 15 minutes; every start prints a new one until then)"),
    ]


def _key_rows(settings: Settings, demo: Demo | None, bold: str, plain: str) -> list[tuple[str, str]]:
    tool = command(settings)
    if demo is None:
        return [
            ("Begin", f"{tool} account create NAME --plan plus"),
            ("", f"{tool} bot create NAME --account ACCOUNT"),
            ("", f"{tool} source add --bot BOT PATH"),
            ("", f"{tool} key create --bot BOT --name NAME"),
            *([("", f"{tool} user link --first")] if settings.dashboard else []),
        ]
    if demo.key:
        return [("Key", f"{bold}{demo.key}{plain}   (of the demo chatbot; shown this once, so keep it)")]
    return [
        ("Key", "the keys that you have still work; a new one for the demo chatbot:"),
        ("", f"{tool} key create --bot {demo.chatbot_id} --name NAME"),
    ]
