"""What the two vendors' answers look like on the wire."""

from __future__ import annotations

import hashlib
import json
from typing import Any

GEMINI, OPENAI = "gemini", "openai"
# Google's package sends the types of a schema as numbers.
_NUMBERED = {1: "string", 2: "number", 3: "integer", 4: "boolean", 5: "array", 6: "object"}


def dialect_of(path: str) -> str:
    return GEMINI if ":" in path or path.startswith("/v1beta/") else OPENAI


def schema_of(dialect: str, body: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema a request asked for, or {}."""
    if dialect == GEMINI:
        return body.get("generationConfig", {}).get("responseSchema", {})
    return body.get("response_format", {}).get("json_schema", {}).get("schema", {})


def example(schema: dict[str, Any], words: str = "Plain words.") -> Any:
    """The plainest value a schema takes, with these words wherever it takes any."""
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        kind = kind[0]
    kind = _NUMBERED.get(kind) or kind.lower()
    if kind == "object":
        return {name: example(part, words) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema.get("items", {}), words) for _ in range(int(schema.get("minItems", 1)))]
    return {"string": words, "number": 0.5, "integer": 1, "boolean": True}.get(kind)


def completion(dialect: str, model: str, text: str, usage: tuple[int, int] = (12, 34)) -> dict[str, Any]:
    """A finished answer in the vendor's own shape. `usage` is tokens in and out."""
    tokens_in, tokens_out = usage
    if dialect == GEMINI:
        return {
            "candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}],
            "usageMetadata": {
                "promptTokenCount": tokens_in,
                "candidatesTokenCount": tokens_out,
                "totalTokenCount": tokens_in + tokens_out,
            },
            "modelVersion": model,
        }
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
        },
    }


def blocked(dialect: str, model: str, *, prompt: bool) -> dict[str, Any]:
    """An answer withheld by the vendor's safety rules, or a prompt refused by them."""
    answer = completion(dialect, model, "", (12, 0))
    if dialect == OPENAI:
        answer["choices"][0] |= {
            "finish_reason": "content_filter",
            "message": {"role": "assistant", "content": None, "refusal": "I can't help with that." if prompt else None},
        }
    elif prompt:
        answer |= {"candidates": [], "promptFeedback": {"blockReason": "SAFETY"}}
    else:
        answer["candidates"] = [{"finishReason": "SAFETY", "index": 0}]
    return answer


def empty(dialect: str, model: str) -> dict[str, Any]:
    answer = completion(dialect, model, "")
    answer["candidates" if dialect == GEMINI else "choices"] = []
    return answer


def error(dialect: str, status: int, message: str, word: str = "") -> dict[str, Any]:
    if dialect == GEMINI:
        return {"error": {"code": status, "message": message, "status": word or "UNAVAILABLE"}}
    return {"error": {"message": message, "type": word or "server_error", "param": None, "code": None}}


def models(dialect: str, names: list[str]) -> dict[str, Any]:
    if dialect == GEMINI:
        return {"models": [{"name": f"models/{name}", "version": "1", "displayName": name} for name in names]}
    return {
        "object": "list",
        "data": [{"id": name, "object": "model"} for name in names],
    }


def model(dialect: str, name: str) -> dict[str, Any]:
    listed = models(dialect, [name])
    return listed["models"][0] if dialect == GEMINI else listed["data"][0]


def vector(text: str, size: int) -> list[float]:
    """The same text, the same direction; other text, another one."""
    seed = hashlib.sha256(text.encode()).digest()
    return [(seed[i % 32] - 127.5) / 128 for i in range(size)]


def embeddings(path: str, body: dict[str, Any]) -> dict[str, Any]:
    if path.endswith(":embedContent"):
        return {"embedding": {"values": _gemini_vector(body)}}
    if path.endswith(":batchEmbedContents"):
        return {"embeddings": [{"values": _gemini_vector(one)} for one in body.get("requests", [])]}
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    size = body.get("dimensions") or 1536
    data = [{"object": "embedding", "index": i, "embedding": vector(text, size)} for i, text in enumerate(texts)]
    tokens = sum(len(text) // 4 + 1 for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": body["model"], "usage": usage}


def _gemini_vector(body: dict[str, Any]) -> list[float]:
    text = "".join(part.get("text", "") for part in body["content"]["parts"])
    return vector(text, body.get("outputDimensionality") or 768)


def wire(answer: Any) -> bytes:
    return json.dumps(answer).encode()
