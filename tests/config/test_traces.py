from pathlib import Path

import pytest

from services.config.addresses import Address
from services.config.settings import SettingsError, load_settings
from services.config.traces import TraceSettings
from tests.each import for_each

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4317"}


@for_each(
    "environment",
    [
        {},
        {"OTEL_SERVICE_NAME": "x"},
        {**ENDPOINT, "OTEL_SDK_DISABLED": "TRUE"},
        {**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_there_are_no_traces_until_a_collector_is_named(environment: dict[str, str]) -> None:
    assert load_settings(environment).traces is None


def test_a_collector_is_enough() -> None:
    assert load_settings(ENDPOINT).traces == TraceSettings(Address("collector", 4317))


def test_the_variables_are_those_of_opentelemetry() -> None:
    environment = {
        **ENDPOINT,
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://[::1]",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc",
        "OTEL_EXPORTER_OTLP_HEADERS": "Api-Key=hunter%2C2, b = c",
        "OTEL_EXPORTER_OTLP_CERTIFICATE": __file__,
        "OTEL_RESOURCE_ATTRIBUTES": "service.name=shop,team=a",
        "OTEL_TRACES_SAMPLER": "traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": ".5",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "True",
    }
    settings = load_settings(environment)
    assert settings.traces == TraceSettings(
        Address("::1", 4317),
        tls=True,
        name="shop",
        attributes=(("team", "a"),),
        headers=(("api-key", "hunter,2"), ("b", "c")),
        ca=Path(__file__).resolve(),
        share=0.5,
        follows=False,
        with_content=True,
    )
    assert "hunter" not in repr(settings)


WRONG = {
    "EXPORTER_OTLP_ENDPOINT": ["collector:4317", "ftp://collector", "http://", "http://x:0", "http://x/v1/traces"],
    "EXPORTER_OTLP_TRACES_ENDPOINT": ["http://[::1"],
    "EXPORTER_OTLP_PROTOCOL": ["http/protobuf"],
    "EXPORTER_OTLP_HEADERS": ["hunter2"],
    "EXPORTER_OTLP_CLIENT_KEY": [__file__],
    "EXPORTER_OTLP_CERTIFICATE": ["/nowhere/ca.pem"],
    "RESOURCE_ATTRIBUTES": ["=x"],
    "TRACES_EXPORTER": ["zipkin"],
    "TRACES_SAMPLER": ["xray"],
}


@for_each(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_what_can_not_be_used_is_refused_in_one_line_that_names_it(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"OTEL_{name}") as caught:
        load_settings({**ENDPOINT, f"OTEL_{name}": value})
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


@for_each("argument", ["2", "-1", "many", "1e-3", "."])
def test_a_share_is_a_number_from_0_to_1(argument: str) -> None:
    with pytest.raises(SettingsError, match="OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1"):
        load_settings({**ENDPOINT, "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": argument})
