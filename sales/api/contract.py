"""A sale as it travels: its fields, and what becomes of it. One definition reads, says what is wrong, and documents."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from sales.told import Told, ToldCustomer, ToldLine

MOST_SALES = 100
MOST_LINES = 500
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.*")
_YEARS = range(1900, 2200)


def _amount(decimals: int, example: str) -> Any:
    """Text of any believable or unbelievable size: what no grocer takes is set aside, not refused."""
    pattern = rf"^-?[0-9]{{1,24}}(\.[0-9]{{1,{decimals}}})?$"
    shape = re.compile(pattern)

    def read(value: Any) -> Decimal:
        if not isinstance(value, str) or not shape.fullmatch(value):
            raise ValueError(f"Write this as text, such as “{example}”, with at most {decimals} decimals.")
        return Decimal(value)

    schema = {"type": "string", "pattern": pattern, "examples": [example]}
    return BeforeValidator(read, json_schema_input_type=str), WithJsonSchema(schema)


def _told_at(value: Any) -> Any:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError("Write the time with its offset, such as “2026-03-10T12:00:00+00:00”.")
    if int(value[:4]) not in _YEARS:
        raise ValueError("No till was ever that far in time.")
    return value


def _sale_id(value: Any) -> UUID:
    try:
        id = UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        id = None
    if id is None or id.version not in (4, 7):
        raise ValueError("This is a UUID of version 7 or 4, made by the till once for each sale.")
    return id


def _customer(value: Any) -> Any:
    return {"code": value} if isinstance(value, str) else value


Amount = Annotated[Decimal, *_amount(4, "3.50")]
Units = Annotated[Decimal, *_amount(3, "1.250")]
Rate = Annotated[Decimal, *_amount(4, "0.23"), Field(ge=0, lt=1)]
Moment = Annotated[AwareDatetime, BeforeValidator(_told_at, json_schema_input_type=str)]
SaleId = Annotated[UUID, BeforeValidator(_sale_id, json_schema_input_type=UUID)]
Small = Annotated[StrictInt, Field(ge=0, le=2**31 - 1)]
Large = Annotated[StrictInt, Field(ge=0, le=2**63 - 1)]


Text40 = Annotated[str, StringConstraints(max_length=40)]
Text64 = Annotated[str, StringConstraints(max_length=64)]
Text80 = Annotated[str, StringConstraints(max_length=80)]
Text200 = Annotated[str, StringConstraints(max_length=200)]
Text400 = Annotated[str, StringConstraints(max_length=400)]


class Returns(BaseModel):
    """The line of an earlier sale that comes back."""

    sale: UUID
    line: Annotated[StrictInt, Field(ge=1, le=32767)] | None = None


class LineIn(BaseModel):
    """One line; its number is its place, from 1. What is left out comes from the line that comes back, or the product.

    `quantity` is in the product's own unit, below 0 for what comes back. `unit_price` is before `discount`, with tax
    where the shop's prices include it. `net` and `tax` are what was paid, given together by tills that work them out.
    """

    quantity: Units
    sku: Text64 = ""
    barcode: Text400 = ""
    product: Annotated[StrictInt, Field(ge=1, le=2**63 - 1)] | None = None
    name: Text400 = ""
    unit_price: Amount | None = None
    discount: Amount | None = None
    tax_rate: Rate | None = None
    net: Amount | None = None
    tax: Amount | None = None
    deposit_of: Annotated[StrictInt, Field(ge=1, le=MOST_LINES)] | None = Field(
        None, description="The number of the line whose deposit this is."
    )
    returns: Returns | None = None
    restock: StrictBool = Field(True, description="False: what comes back does not go back on the shelf.")

    @model_validator(mode="after")
    def _is_whole(self) -> LineIn:
        if not (self.sku or self.barcode or self.product or self.name or self.returns):
            raise ValueError("A line names its goods by sku, barcode, product or name.")
        if (self.net is None) != (self.tax is None):
            raise ValueError("Net and tax are given together.")
        if self.returns and self.quantity >= 0:
            raise ValueError("What comes back has a quantity below 0.")
        return self

    def told(self) -> ToldLine:
        sale, number = (self.returns.sale, self.returns.line) if self.returns else (None, None)
        return ToldLine(
            self.quantity, self.product, self.sku, self.barcode, self.name, self.unit_price, self.discount,
            self.tax_rate, self.net, self.tax, self.deposit_of, sale, number, self.restock,
        )  # fmt: skip


class CustomerIn(BaseModel):
    """Who bought. A code nobody knows makes a customer, to be looked at."""

    code: Annotated[Text64, Field(min_length=1)]
    name: Text200 = ""
    email: Annotated[str, StringConstraints(max_length=254)] = ""
    phone: Text40 = ""


class PaymentIn(BaseModel):
    """Part of the sale paid by one tender; below 0 where it was given back."""

    tender: Annotated[Text40, Field(min_length=1)]
    amount: Amount


class SaleIn(BaseModel):
    """One document of a till, as it happened. Its id is its identity for ever; sending it again changes nothing."""

    model_config = ConfigDict(title="Sale")

    id: SaleId
    kind: Literal["sale", "refund", "exchange", "void"] | None = Field(None, description="Left out: told by its lines.")
    sold_at: Moment
    channel: Literal["till", "web", "phone"] = "till"
    receipt: Text80 = ""
    epoch: Small | None = Field(None, description="The till's own counting; a new one after a new installation.")
    seq: Large | None = Field(None, description="The number in this epoch, one more for each document.")
    cashier: Text400 = ""
    shift: UUID | None = None
    customer: Annotated[CustomerIn, BeforeValidator(_customer, json_schema_input_type=str | CustomerIn)] | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    refund_of: UUID | None = None
    rounding: Amount | None = Field(None, description="What rounding to coins added to the total.")
    total: Amount | None = Field(None, description="What the goods came to, tax included, before rounding to coins.")
    branch: StrictInt | Text80 | None = Field(None, description="Need not be told. Another than the key's: refused.")
    register_: StrictInt | Text80 | None = Field(None, alias="register", description="As with the branch.")
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=MOST_LINES)]
    payments: Annotated[list[PaymentIn], Field(max_length=50)] = []

    @model_validator(mode="after")
    def _deposits_have_their_line(self) -> SaleIn:
        for number, line in enumerate(self.lines, start=1):
            if line.deposit_of is not None and (line.deposit_of > len(self.lines) or line.deposit_of == number):
                raise ValueError(f"Line {number} is the deposit of a line that is not there.")
        return self

    def told(self) -> Told:
        person = self.customer
        return Told(
            id=self.id,
            lines=[line.told() for line in self.lines],
            sold_at=self.sold_at,
            kind=self.kind or "",
            channel=self.channel,
            receipt=self.receipt,
            epoch=self.epoch,
            seq=self.seq,
            cashier=self.cashier,
            shift=self.shift,
            customer=ToldCustomer(person.code, person.name, person.email, person.phone) if person else None,
            currency=self.currency or "",
            refund_of=self.refund_of,
            rounding=self.rounding,
            total=self.total,
            payments=[(paid.tender, paid.amount) for paid in self.payments],
        )


class BatchIn(BaseModel):
    """Up to a hundred documents, oldest first. Each is booked for itself."""

    sales: Annotated[list[SaleIn], Field(min_length=1, max_length=MOST_SALES)]


# --- Answers --------------------------------------------------------------------------------------------------
class SaleBooked(BaseModel):
    """A document that is in the books. `warnings` say what was odd about it."""

    id: str
    status: str
    receipt: str
    business_date: dt.date
    total: str
    warnings: list[str]


class FieldError(BaseModel):
    pointer: str
    detail: str


class ItemSaid(BaseModel):
    """What became of one document of a batch."""

    id: str
    status: Literal["created", "duplicate", "conflict", "parked", "invalid", "forbidden"]
    receipt: str | None = None
    business_date: dt.date | None = None
    total: str | None = None
    warnings: list[str] | None = None
    detail: str | None = None
    errors: list[FieldError] | None = None


class BatchSaid(BaseModel):
    results: list[ItemSaid]


class UnitSaid(BaseModel):
    net: str
    tax: str
    gross: str


class RefundableLineSaid(BaseModel):
    """What may still come back of a line. `gives_back` is for one unit more, `gives_back_all` for all that is left."""

    line: int
    product: int | None
    name: str
    barcode: str
    sold: str
    returned: str
    left: str
    gives_back: UnitSaid
    gives_back_all: UnitSaid
    deposit_of: int | None
    deposits: list[int]


class TenderSaid(BaseModel):
    tender: str
    amount: str


class RefundableSaid(BaseModel):
    """What may still come back of a sale. `tenders` are what was paid less what was given back."""

    id: str
    sold_at: dt.datetime
    total: str
    lines: list[RefundableLineSaid]
    tenders: list[TenderSaid]


class LineSaid(BaseModel):
    """A line as it was booked: prices, tax and name are a copy of that moment."""

    line: int
    product: int | None
    name: str
    barcode: str
    quantity: str
    unit_price: str
    discount: str
    net: str
    tax: str
    tax_rate: str | None
    deposit_of: int | None
    returns: dict[str, str | int | None] | None


class DocumentSaid(SaleBooked):
    """A document as it is in the books."""

    kind: str
    channel: str
    sold_at: dt.datetime
    epoch: int | None
    seq: int | None
    cashier: str
    refund_of: str | None
    rounding: str
    lines: list[LineSaid]
    payments: list[TenderSaid]


class EpochSaid(BaseModel):
    """One counting of a till. All up to `contiguous_seq` have come; `missing` are ranges, first and last included."""

    epoch: int
    contiguous_seq: int
    last_seq: int
    last_received_at: dt.datetime
    missing: list[tuple[int, int]]
    missing_count: int


class SyncStateSaid(BaseModel):
    """What the shop has of this till's count; `parked` and `conflicts` wait for a person at the shop."""

    server_time: dt.datetime
    epochs: list[EpochSaid]
    parked: list[str]
    conflicts: list[str]
