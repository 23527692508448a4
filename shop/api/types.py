"""How money and quantities travel: as text, so that no program on the way makes a float of them."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

MONEY_PATTERN = r"^-?[0-9]{1,10}(\.[0-9]{1,4})?$"
QUANTITY_PATTERN = r"^-?[0-9]{1,9}(\.[0-9]{1,3})?$"


def _decimal(pattern: str, example: str) -> BeforeValidator:
    shape = re.compile(pattern)

    def read(value: Any) -> Decimal:
        if isinstance(value, Decimal):  # ours, on the way out
            return value
        if not isinstance(value, str) or not shape.fullmatch(value):
            raise ValueError(f"Write this as text, such as “{example}”.")
        return Decimal(value)

    return BeforeValidator(read)


def plain(value: Decimal) -> str:
    """A decimal in digits, never with an exponent."""
    return f"{value:f}"


def _as_text(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


Money = Annotated[
    Decimal,
    _decimal(MONEY_PATTERN, "3.50"),
    PlainSerializer(plain, return_type=str),
    _as_text(MONEY_PATTERN, "3.50"),
]
Quantity = Annotated[
    Decimal,
    _decimal(QUANTITY_PATTERN, "1.250"),
    PlainSerializer(plain, return_type=str),
    _as_text(QUANTITY_PATTERN, "1.250"),
]
