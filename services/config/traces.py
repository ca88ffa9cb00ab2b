"""Where traces are sent, and of which requests: the variables of OpenTelemetry."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from services.config.addresses import Address
from services.config.variables import SettingsError, Variables

USUAL_PORT = 4317
SAMPLERS = ("always_on", "always_off", "traceidratio")
FOLLOWING = "parentbased_"
WITH_CONTENT = ("true", "span_only", "span_and_event")
"""What of OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT puts questions and answers into spans."""

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TraceSettings:
    """A collector that takes OTLP over gRPC, and what it gets.

    `name`: what the names of all services begin with. `share`: of the requests that come without a decision, 0 to 1.
    `follows`: a decision that came with a request holds. `with_content`: questions and answers are in the spans.
    """

    address: Address
    tls: bool = False
    name: str = "chatmount"
    attributes: Pairs = ()
    headers: Pairs = field(default=(), repr=False)
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    share: float = 1.0
    follows: bool = True
    with_content: bool = False


def read_traces(variables: Variables, _: str) -> TraceSettings | None:
    """None when no collector is named, or traces are switched off.

    SettingsError for what can't be used.
    """
    variable, endpoint = _first(variables, "ENDPOINT")
    if not endpoint or variables.foreign("OTEL_SDK_DISABLED").lower() == "true":
        return None
    exporter = variables.foreign("OTEL_TRACES_EXPORTER").lower()
    if exporter == "none":
        return None
    if exporter not in {"", "otlp"}:
        raise SettingsError(f"OTEL_TRACES_EXPORTER must be otlp or none, not {exporter!r}.")
    protocol_variable, protocol = _first(variables, "PROTOCOL")
    if protocol not in {"", "grpc"}:
        raise SettingsError(
            f"{protocol_variable} must be grpc or unset: traces are sent over gRPC alone, which a collector takes on "
            f"port {USUAL_PORT}."
        )
    address, tls = _place(variable, endpoint)
    attributes = dict(_pairs("OTEL_RESOURCE_ATTRIBUTES", variables.foreign("OTEL_RESOURCE_ATTRIBUTES")))
    name = variables.foreign("OTEL_SERVICE_NAME") or attributes.pop("service.name", "") or "chatmount"
    attributes.pop("service.name", None)
    share, follows = _sampler(variables)
    certificate, key = _file(variables, "CLIENT_CERTIFICATE"), _file(variables, "CLIENT_KEY")
    if (certificate is None) != (key is None):
        raise SettingsError(
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY must be set together."
        )
    return TraceSettings(
        address,
        tls,
        name,
        tuple(attributes.items()),
        tuple((header.lower(), value) for header, value in _pairs(*_first(variables, "HEADERS"))),
        _file(variables, "CERTIFICATE"),
        certificate,
        key,
        share,
        follows,
        variables.foreign("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT").lower() in WITH_CONTENT,
    )


def _first(variables: Variables, name: str) -> tuple[str, str]:
    """The variable for traces alone, or else the one for all signals; and its value."""
    variable = f"OTEL_EXPORTER_OTLP_TRACES_{name}"
    if value := variables.foreign(variable):
        return variable, value
    return f"OTEL_EXPORTER_OTLP_{name}", variables.foreign(f"OTEL_EXPORTER_OTLP_{name}")


def _place(variable: str, url: str) -> tuple[Address, bool]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port == 0 or parts.scheme not in {"http", "https"} or parts.path.strip("/") or parts.username:
        raise SettingsError(f"{variable} must be http:// or https:// and host:port, such as http://localhost:4317.")
    return Address(host, port or USUAL_PORT), parts.scheme == "https"


def _sampler(variables: Variables) -> tuple[float, bool]:
    said = variables.foreign("OTEL_TRACES_SAMPLER").lower() or "parentbased_always_on"
    name = said.removeprefix(FOLLOWING)
    if name not in SAMPLERS:
        known = ", ".join((*SAMPLERS, *(FOLLOWING + sampler for sampler in SAMPLERS)))
        raise SettingsError(f"OTEL_TRACES_SAMPLER must be one of {known}, not {said!r}.")
    share = float(name == "always_on")
    if name == "traceidratio":
        argument = variables.foreign("OTEL_TRACES_SAMPLER_ARG") or "1"
        if not re.fullmatch(r"\d*\.?\d+|\d+\.", argument, re.ASCII) or float(argument) > 1:
            raise SettingsError(f"OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, not {argument!r}.")
        share = float(argument)
    return share, said.startswith(FOLLOWING)


def _pairs(variable: str, text: str) -> Sequence[tuple[str, str]]:
    pairs = []
    for part in filter(None, map(str.strip, text.split(","))):
        name, equals, value = part.partition("=")
        # It may hold a secret: it is not repeated.
        if not equals or not re.fullmatch(r"[!-~]+", name.strip()):
            raise SettingsError(f"{variable} must be NAME=VALUE, with commas between them.")
        pairs.append((name.strip(), unquote(value.strip())))
    return pairs


def _file(variables: Variables, name: str) -> Path | None:
    variable, text = _first(variables, name)
    path = Path(text).expanduser().resolve()
    if text and not path.is_file():
        raise SettingsError(f"{variable} names a file that does not exist: {text}")
    return path if text else None
