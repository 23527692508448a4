"""What tills and websites send and are told about reviews."""

import datetime as dt
import re
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from customers.reviews import LONGEST_TEXT
from shop.api.types import plain

_STARS = re.compile(r"[1-4](\.[0-9])?|5(\.0)?")


def _stars(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, Decimal):  # ours, on the way out
        return value
    if not isinstance(value, str) or not _STARS.fullmatch(value):
        raise ValueError("Write 1 to 5: a whole number, or text such as “4.5”.")
    return Decimal(value)


Stars = Annotated[
    Decimal,
    BeforeValidator(_stars),
    PlainSerializer(plain, return_type=str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": 5},
                {"type": "string", "pattern": f"^({_STARS.pattern})$", "examples": ["4.5"]},
            ]
        }
    ),
]


class ReviewIn(BaseModel):
    """A review as a customer wrote it. The branch is the till's own."""

    id: Annotated[uuid.UUID, Field(description="Chosen by the sender, once for a review: a UUID of version 4 or 7.")]
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    title: Annotated[str, Field(max_length=200)] = ""
    stars: Stars | None = None
    author: Annotated[str, Field(max_length=120, description="Kept in the shop; never sent to a model.")] = ""
    source: Annotated[str, Field(max_length=40, description="Where it was written, such as “Website”.")] = ""
    written_on: Annotated[dt.date | None, Field(description="Left out: today, by the shop's clock.")] = None
    product: Annotated[
        str | None, Field(max_length=64, description="SKU, else barcode, of what it is about. Left out: the shop.")
    ] = None


class ReviewSaid(BaseModel):
    id: uuid.UUID
    status: Literal["created", "duplicate"]
    product: Annotated[str | None, Field(description="The SKU of the product it was filed under.")]
    warnings: list[str]
