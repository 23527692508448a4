"""The API's own description: OpenAPI, made from the views and the contracts they read and answer with."""

import re
from functools import cache
from typing import Any

from drf_spectacular.contrib.pydantic import PydanticExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.renderers import OpenApiJsonRenderer
from pydantic import BaseModel, Field
from pydantic.json_schema import model_json_schema

from shop.api.problems import CONTENT_TYPE

OPEN = {"enrol"}  # operations without a key
# What the endpoints are about, by the first word of their path, in the order in which a till needs them.
TOPICS = {
    "Tills": {"enrol", "device"},
    "Shelf": {"catalogue", "lookup", "stock"},
    "Customers": {"customers"},
    "Sales": {"sales", "sync-state"},
    "Shifts": {"shifts"},
}


class ProblemPlace(BaseModel):
    pointer: str = Field(description="JSON pointer into what was sent.", examples=["/lines/0/quantity"])
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details: every answer that is not the one asked for."""

    type: str = Field(examples=["/problems/invalid"])
    title: str
    status: int
    detail: str = Field(description="A sentence for a person, which says what to do.")
    instance: str
    request_id: str = Field(description="Name it when you ask for help: our log has it.")
    errors: list[ProblemPlace] = Field(default=[], description="What is wrong, and where.")


class PydanticByDirection(PydanticExtension):  # type: ignore[no-untyped-call]
    """A contract that is read is described as it may be sent: what has a default may be left out."""

    priority = 1

    def map_serializer(self, auto_schema: Any, direction: str) -> Any:
        resolved: Any = ResolvedComponent
        mode: Any = "validation" if direction == "request" else "serialization"
        described = model_json_schema(self.target, ref_template="#/components/schemas/{model}", mode=mode)
        for name, part in described.pop("$defs", {}).items():
            component = resolved(name=name, type=ResolvedComponent.SCHEMA, object=name, schema=part)
            auto_schema.registry.register_on_missing(component)
        return described


def completed(result: Any, generator: Any, request: Any, public: Any) -> Any:
    """Every operation has its topic and a summary, may answer with a problem, and needs the till's key but for some."""
    place = {"$ref": "#/components/schemas/Problem"}
    problem = {"description": "A problem.", "content": {CONTENT_TYPE: {"schema": place}}}
    described = model_json_schema(Problem, ref_template="#/components/schemas/{model}", mode="serialization")
    result["components"]["schemas"] |= {**described.pop("$defs"), "Problem": described}
    result["tags"] = [{"name": topic} for topic in TOPICS]
    for path, operations in result["paths"].items():
        word = re.split("[/:]", path.removeprefix("/api/v1/"))[0]
        for operation in operations.values():
            operation["tags"] = [topic for topic, words in TOPICS.items() if word in words]
            operation["summary"] = operation.get("description", "").partition(".")[0]
            operation["responses"]["default"] = problem
            operation["security"] = [{"till": []}] if operation["operationId"] not in OPEN else []
    return result


@cache
def document() -> bytes:
    """The OpenAPI document, made once a process."""
    generator: Any = SchemaGenerator
    described = generator().get_schema(request=None, public=True)
    rendered: bytes = OpenApiJsonRenderer().render(described, renderer_context={})
    return rendered
