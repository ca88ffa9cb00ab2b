"""The answers of the models that the settings name."""

from services.chat.answerers.choose import Answers
from services.chat.answerers.extractive.extractive import ExtractiveAnswerer
from services.chat.answerers.model.admission import Admission
from services.chat.answerers.model.metrics import CALLS_WAITING, PLACES
from services.chat.answerers.model.model_answerer import ModelAnswerer, Writing
from services.chat.answerers.model.model_follow_ups import ModelFollowUps
from services.chat.answerers.model.prompt import PROMPT_VERSION, Prompt, codes
from services.chat.answerers.model.provider import VARIABLES, Provider
from services.chat.answerers.model.providers import Providers, RetryPolicy
from services.chat.answerers.model.reply import Timeouts
from services.chat.answerers.model.token_count import token_counter
from services.chat.answerers.model.when_down import InPlaceOfModel
from services.config.model_settings import ModelSettings


def model_answers(settings: ModelSettings) -> Answers:
    """See choose_answers."""
    timeouts = Timeouts(
        connect=settings.connect_seconds,
        first_token=settings.first_token_seconds,
        between_tokens=settings.token_seconds,
        total=settings.total_seconds,
    )
    names = (VARIABLES, f"{VARIABLES}FALLBACK_")
    asked = [
        Provider(endpoint, timeouts, variables=name)
        for endpoint, name in zip((settings.first, settings.fallback), names, strict=True)
        if endpoint.url
    ]
    writers = (f"{provider.model} at {provider.name}" for provider in asked)
    providers = Providers(asked, RetryPolicy(total=settings.total_seconds))
    admission = Admission(settings.concurrency)
    PLACES.set(settings.concurrency)
    CALLS_WAITING.set_function(lambda: admission.waiting)
    # What the model is told and what it answers share its context.
    budget = max(settings.context_tokens - settings.answer_tokens, settings.context_tokens // 2)
    model = ModelAnswerer(
        providers,
        # The same in all replicas, and known to no page.
        Prompt(budget, token_counter(settings.tokenizer), codes(f"{settings.first.url} {settings.first.api_key}")),
        admission,
        Writing(settings.answer_tokens, settings.temperature, settings.cite_unmarked),
    )
    return Answers(
        answerer=InPlaceOfModel(model, ExtractiveAnswerer()) if settings.extractive_when_down else model,
        follow_ups=ModelFollowUps(providers, admission) if settings.rewrite else None,
        close=providers.close,
        written_by=f"{', else by '.join(writers)} (prompt {PROMPT_VERSION})",
    )
