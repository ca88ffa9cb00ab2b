"""The settings of language models: which, how long to wait, and what to do without them."""

from dataclasses import dataclass, field
from pathlib import Path

from services.config.fields import read_fields, setting
from services.config.variables import SettingsError, Variables


@dataclass(frozen=True, slots=True)
class ModelEndpoint:
    """An OpenAI-compatible endpoint; not configured when `url` is empty."""

    url: str = ""
    model: str = ""
    api_key: str = field(default="", repr=False)


def read_endpoint(variables: Variables, name: str) -> ModelEndpoint:
    """The endpoint of the variables `name`_URL, _MODEL and _API_KEY."""
    endpoint = ModelEndpoint(
        variables.url(f"{name}_URL", "http", "https"),
        variables.text(f"{name}_MODEL"),
        variables.secret(f"{name}_API_KEY"),
    )
    if endpoint.url and not endpoint.model:
        raise SettingsError(f"CHATMOUNT_{name}_MODEL must name the model to use when CHATMOUNT_{name}_URL is set.")
    for part, value in (("MODEL", endpoint.model), ("API_KEY", endpoint.api_key)):
        if value and not endpoint.url:
            raise SettingsError(f"CHATMOUNT_{name}_{part} has no effect without CHATMOUNT_{name}_URL: set that.")
    return endpoint


def _first(variables: Variables, _: str) -> ModelEndpoint:
    first = read_endpoint(variables, "LLM")
    if variables.text("LLM_FALLBACK_URL") and not first.url:
        raise SettingsError("CHATMOUNT_LLM_FALLBACK_URL has no effect without CHATMOUNT_LLM_URL: set that.")
    return first


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """See docs/configuration.md: a field's variable is its name after `CHATMOUNT_LLM_`.

    Times in seconds.
    """

    first: ModelEndpoint = setting(_first)
    fallback: ModelEndpoint = setting(read_endpoint)
    when_down: str = setting(Variables.choice, "REFUSE", "REFUSE", "EXTRACTIVE")
    concurrency: int = setting(Variables.number, 1200, 1, 100_000)
    context_tokens: int = setting(Variables.number, 8192, 2048, 10_000_000)
    answer_tokens: int = setting(Variables.number, 1024, 16, 100_000)
    # The likeliest words: the same question gets the same answer, whole or streamed.
    temperature: float = setting(Variables.decimal, 0.0, 0.0, 2.0)
    tokenizer: Path | None = setting(Variables.file)
    connect_seconds: int = setting(Variables.number, 5, 1, 300)
    first_token_seconds: int = setting(Variables.number, 30, 1, 3600)
    token_seconds: int = setting(Variables.number, 20, 1, 3600)
    total_seconds: int = setting(Variables.number, 300, 1, 3600)
    cite_unmarked: bool = setting(Variables.switch, "OFF")
    rewrite: bool = setting(Variables.switch, "ON")

    @property
    def endpoints(self) -> tuple[ModelEndpoint, ...]:
        """Those that are configured, in the order in which they are asked."""
        return tuple(endpoint for endpoint in (self.first, self.fallback) if endpoint.url)

    @property
    def extractive_when_down(self) -> bool:
        """Whether answers are extracted from passages while no model answers."""
        return self.when_down == "EXTRACTIVE"


def read_model_settings(variables: Variables, name: str) -> ModelSettings:
    """The settings of the variables that begin with `name`."""
    return read_fields(ModelSettings, variables, f"{name}_")
