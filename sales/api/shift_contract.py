"""A shift as it travels: opened, closed, cash moved, and its reports."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from sales.api.contract import Large, Moment, SaleId, Small
from sales.shifts import Closing, Moving, Opening
from shop.api.types import Money


def _to_the_cent(value: Decimal) -> Decimal:
    if value != round(value, 2) or abs(value) >= 10**9:
        raise ValueError("Write an amount below 1,000,000,000 with at most two decimals.")
    return value


def _not_below_zero(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError("This is not below 0.")
    return value


def _above_zero(value: Decimal) -> Decimal:
    if value <= 0:
        raise ValueError("This is above 0.")
    return value


Cents = Annotated[Money, AfterValidator(_to_the_cent)]
Person = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]
Tender = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=40)]


class ShiftIn(BaseModel):
    """A shift begins, with this much change in the drawer. Its id is its identity for ever."""

    model_config = ConfigDict(title="ShiftOpening", extra="forbid")

    id: SaleId
    opened_at: Moment
    cashier: Person = ""
    float_: Annotated[Cents, AfterValidator(_not_below_zero)] = Field(Decimal(0), alias="float")
    epoch: Small | None = Field(None, description="The till's own counting, as its sales have it.")

    def told(self) -> Opening:
        return Opening(self.cashier, self.float_, self.opened_at, self.epoch)


class CloseIn(BaseModel):
    """A shift ends, with what was counted of each tender. Tell how many documents it had, so that none is missed."""

    model_config = ConfigDict(title="ShiftClosing", extra="forbid")

    closed_at: Moment
    cashier: Person = ""
    counted: Annotated[dict[Tender, Cents], Field(max_length=50)] = Field(
        examples=[{"cash": "312.40", "card": "88.00"}]
    )
    sales: Small | None = Field(None, description="How many documents the till made in this shift.")
    first_seq: Large | None = None
    last_seq: Large | None = None
    epoch: Small | None = None
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] = ""

    def told(self) -> Closing:
        return Closing(
            self.counted, self.cashier, self.closed_at, self.sales, self.first_seq, self.last_seq, self.epoch, self.note
        )


class CashIn(BaseModel):
    """Cash into or out of the drawer without a sale. Its id is its identity for ever."""

    model_config = ConfigDict(title="CashMovement", extra="forbid")

    id: SaleId
    kind: Literal["paid_in", "paid_out", "drop"]
    amount: Annotated[Cents, AfterValidator(_above_zero)]
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    cashier: Person = ""
    moved_at: Moment

    def told(self) -> Moving:
        return Moving(self.kind, self.amount, self.reason, self.cashier, self.moved_at)


# --- Answers --------------------------------------------------------------------------------------------------
class ShiftSaid(BaseModel):
    """A shift that is in the books."""

    id: UUID
    opened_at: dt.datetime | None
    cashier: str
    float_: Money = Field(alias="float")
    epoch: int | None


class CurrentSaid(BaseModel):
    """The till's open shift; null where none is open."""

    shift: ShiftSaid | None


class CashSaid(BaseModel):
    id: UUID
    kind: str
    amount: Money


class Reconciliation(BaseModel):
    """What the till said it sold beside what is here. `missing`: first and last number of each gap."""

    told: int | None
    came: int
    set_aside: int = Field(description="Documents that came and wait in the inbox.")
    missing: list[tuple[int, int]]
    missing_count: int
    reconciled: bool | None = Field(description="Null where the till said nothing to compare with.")


class XSaid(BaseModel):
    """What a shift took so far. `blind`: without all amounts that tell what should be in the drawer.

    `report` holds documents and baskets, net, tax, gross and taxes by rate, discounts, refunds, voids, exchanges,
    tenders (takings, expected, counted, over_short), cash movements, rounding, deposits, receipts and numbers.
    """

    blind: bool
    report: dict[str, Any]


class ZMade(BaseModel):
    """A closed shift's Z report: numbered by till without a gap, never changed."""

    number: int
    business_date: dt.date
    made_at: dt.datetime
    report: dict[str, Any]


class ZSaid(ZMade):
    """A Z report with what came after it; `now` is the reconciliation as it stands."""

    late_sales: list[UUID]
    late_cash: list[UUID]
    now: Reconciliation


class ClosedSaid(BaseModel):
    """A shift that was closed. `z` is null while its opening has not come yet."""

    id: UUID
    closed_at: dt.datetime | None
    z: ZMade | None
