"""Gemini, by the google-generativeai package over REST.

The package is past its end of life, so nothing outside this file knows it. Its global `configure()` is never
called and its own repeats are off: it keeps one key for all shops, and repeats for ten minutes.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from insights.providers import wire
from insights.providers.base import (
    Answer,
    BadAnswer,
    Blocked,
    KeyRefused,
    Line,
    ProviderDown,
    ProviderError,
    Question,
    QuestionRefused,
    RateLimited,
    Vectors,
)

EMBEDDING_MODEL = "gemini-embedding-001"
DIMENSION = 512  # as wide as the local provider's
_TYPES = {"string", "number", "integer", "boolean", "array", "object"}
_loading = threading.Lock()


class Gemini:
    """One shop's Gemini. The client is made for each call and holds this shop's key only."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def complete(self, question: Question, seconds: float) -> Answer:
        sdk = _sdk()
        config: dict[str, Any] = {
            "response_mime_type": "application/json",
            "max_output_tokens": question.max_tokens,
            "candidate_count": 1,
        }
        if (schema := _schema(question.schema)) is not None:
            config["response_schema"] = sdk.protos.Schema(schema)
        model = sdk.GenerativeModel(self._line.model, system_instruction=question.system, generation_config=config)
        with _errors(), self._client(seconds) as client:
            model._client = client  # the one way the package takes a client for one key
            options = {"timeout": seconds, "retry": None}
            said = model.generate_content(question.user, request_options=options)
        return _answer(said._result, self._line.model)

    def embed(self, texts: Sequence[str], model: str, seconds: float) -> Vectors:
        sdk = _sdk()
        with _errors(), self._client(seconds) as client:
            found = sdk.embed_content(
                model=f"models/{model or EMBEDDING_MODEL}",
                content=list(texts),
                task_type="semantic_similarity",
                output_dimensionality=DIMENSION,
                client=client,
                request_options={"timeout": seconds, "retry": None},
            )
        return Vectors(found["embedding"], f"{model or EMBEDDING_MODEL}/{DIMENSION}", "gemini")

    @contextmanager
    def _client(self, seconds: float) -> Iterator[Any]:
        """A client of the package for this key and address, bounded, and closed with the block."""
        from google.ai.generativelanguage_v1beta import GenerativeServiceClient
        from google.api_core.client_options import ClientOptions

        options: dict[str, Any] = {"api_key": self._line.key}
        if self._line.base_url:
            parts = urlsplit(self._line.base_url)
            options["api_endpoint"] = f"{parts.scheme}://{parts.netloc}"
        client: Any = GenerativeServiceClient(transport="rest", client_options=ClientOptions(**options))
        session = client.transport._session
        session._refresh_status_codes = ()  # it would send a refused key twice more
        session.trust_env = not self._line.base_url.startswith("http://")
        with wire.requests_session(session, seconds):
            yield client


@contextmanager
def _errors() -> Iterator[None]:
    """Turns the package's errors into ours."""
    from google.api_core.exceptions import GoogleAPICallError

    try:
        yield
    except ProviderError:
        raise
    except GoogleAPICallError as error:
        raise _from_status(int(error.code or 500), str(error.message or ""), error) from error
    except Exception as error:  # whatever it trips over in an answer of another shape
        raise BadAnswer("it was not in the form of an answer") from error


def _from_status(status: int, message: str, error: Any) -> ProviderError:
    if status in (401, 403) or (status == 400 and "api key" in message.lower()):
        return KeyRefused()
    if status == 429:
        return RateLimited(wire.seconds_to_wait(getattr(error.response, "headers", {}).get("Retry-After")))
    if status >= 500:
        return ProviderDown(f"status {status}")
    return QuestionRefused(f"status {status}")


def _answer(said: Any, model: str) -> Answer:
    if said.prompt_feedback.block_reason:
        raise Blocked
    if not said.candidates:
        raise BadAnswer("it was empty")
    candidate, used = said.candidates[0], said.usage_metadata
    text = "".join(part.text for part in candidate.content.parts)
    if candidate.finish_reason.name in {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"}:
        raise Blocked
    # The package knows no count of thinking, which is paid for: all that was not the question is counted.
    tokens_out = max(used.candidates_token_count, used.total_token_count - used.prompt_token_count)
    return Answer(text, model, used.prompt_token_count or None, tokens_out or None)


def _schema(schema: dict[str, Any]) -> dict[str, Any] | None:
    """The schema in the part of OpenAPI that Gemini takes; None where it cannot say it."""
    kinds = schema.get("type")
    named = [kinds] if isinstance(kinds, str) else list(kinds or [])
    kind = next((one for one in named if one != "null"), None)
    if kind not in _TYPES:
        return None
    said: dict[str, Any] = {"type": kind.upper(), "nullable": "null" in named}
    if "description" in schema:
        said["description"] = schema["description"]
    if kind == "string" and "enum" in schema:
        said |= {"enum": [one for one in schema["enum"] if one is not None], "format": "enum"}
    if kind == "array":
        said["items"] = _schema(schema.get("items", {}))
    if kind == "object":
        said["properties"] = {name: _schema(part) for name, part in schema.get("properties", {}).items()}
        said["required"] = list(schema.get("required", []))
    parts = [said.get("items", ""), *said.get("properties", {}).values()]
    return None if None in parts or (kind == "object" and not said["properties"]) else said


def _sdk() -> Any:
    """The package. Its import warns of its age each time, which is known."""
    with _loading, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import google.generativeai as sdk

        for name in ("google.auth", "google.api_core", "urllib3"):
            logging.getLogger(name).setLevel(logging.WARNING)  # below that they write headers down
    return sdk
