"""OpenAI and those who speak its language: Groq, Perplexity, Ollama, by their address."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from insights.providers import wire
from insights.providers.base import (
    Answer,
    AnswerLost,
    BadAnswer,
    Blocked,
    KeyRefused,
    Line,
    ProviderDown,
    Question,
    QuestionRefused,
    RateLimited,
    Vectors,
    WrongAddress,
)

HOME = "https://api.openai.com/v1"
EMBEDDING_MODEL = "text-embedding-3-small"
DIMENSION = 512  # as wide as the local provider's


class OpenAI:
    """One shop's model behind the OpenAI language. The client is made for each call and tries once."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._url = line.base_url or HOME

    def complete(self, question: Question, seconds: float) -> Answer:
        # OpenAI calls the limit by a new name, the others by the old one.
        limit = "max_completion_tokens" if self._url == HOME else "max_tokens"
        call: dict[str, Any] = {
            "model": self._line.model,
            "messages": [
                {"role": "system", "content": question.system},
                {"role": "user", "content": question.user},
            ],
            limit: question.max_tokens,
        }
        shape = {"type": "json_schema", "json_schema": {"name": "answer", "schema": question.schema}}
        try:
            return self._ask(call | {"response_format": shape}, seconds)
        except _NoSchemas:
            return self._ask(call | {"response_format": {"type": "json_object"}}, seconds)

    def _ask(self, call: dict[str, Any], seconds: float) -> Answer:
        with _errors(), self._client(seconds) as client:
            said = client.chat.completions.with_raw_response.create(**call)
            return _answer(json.loads(said.text), self._line.model)

    def embed(self, texts: Sequence[str], model: str, seconds: float) -> Vectors:
        model = model or EMBEDDING_MODEL
        with _errors(), self._client(seconds) as client:
            said = client.embeddings.with_raw_response.create(
                model=model, input=list(texts), dimensions=DIMENSION, encoding_format="float"
            )
            payload = json.loads(said.text)
            data = sorted(payload["data"], key=lambda row: int(row["index"]))
            rows = [[float(number) for number in row["embedding"]] for row in data]
            return Vectors(rows, f"{model}/{DIMENSION}", "openai", _count(payload.get("usage"), "prompt_tokens"))

    @contextmanager
    def _client(self, seconds: float) -> Iterator[Any]:
        from openai import OpenAI as Client

        for name in ("openai", "httpx2"):
            logging.getLogger(name).setLevel(logging.WARNING)  # below that they write each request down
        with Client(
            api_key=self._line.key or "none",  # Ollama takes any
            base_url=self._url,
            max_retries=0,
            timeout=seconds,
            http_client=wire.httpx_client(self._url, seconds),
        ) as client:
            yield client


class _NoSchemas(QuestionRefused):
    """Speaks JSON, but takes no schema."""


@contextmanager
def _errors() -> Iterator[None]:
    """Turns the package's errors into ours."""
    import httpx2
    import openai

    try:
        yield
    except (openai.APITimeoutError, openai.APIConnectionError) as error:
        unreached = isinstance(error.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout)
        if unreached:
            raise ProviderDown("could not be reached") from error
        late = isinstance(error, openai.APITimeoutError)
        raise AnswerLost("no answer in time" if late else "the connection was closed") from error
    except httpx2.HTTPError as error:
        raise AnswerLost("the connection was closed") from error
    except openai.APIStatusError as error:
        raise _from_status(error.status_code, str(error.message), error.response.headers) from error
    except (openai.OpenAIError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise BadAnswer("it was not in the form of an answer") from error


def _from_status(status: int, message: str, headers: Any) -> Exception:
    if status in (401, 403):
        return KeyRefused()
    if status == 429:
        return RateLimited(wire.seconds_to_wait(headers.get("Retry-After")))
    if status >= 500:
        return ProviderDown(f"status {status}")
    if status in (400, 422) and ("response_format" in message or "json_schema" in message):
        return _NoSchemas(f"status {status}")
    if status < 400:
        return WrongAddress("it leads to another")
    return QuestionRefused(f"status {status}")


def _answer(said: dict[str, Any], model: str) -> Answer:
    if not said["choices"]:
        raise BadAnswer("it was empty")
    choice = said["choices"][0]
    if choice.get("finish_reason") == "content_filter" or choice["message"].get("refusal"):
        raise Blocked
    text = choice["message"]["content"]
    if not isinstance(text, str):
        raise BadAnswer("it was empty")
    used = said.get("usage")
    return Answer(text, model, _count(used, "prompt_tokens"), _count(used, "completion_tokens"))


def _count(used: Any, name: str) -> int | None:
    number = used.get(name) if isinstance(used, dict) else None
    return number if isinstance(number, int) and number > 0 else None
