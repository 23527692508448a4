"""What is asked about customers."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from customers.models import Customer
from shop.errors import Refused


class CustomerUnknown(Refused):
    code = "customer_unknown"
    status = HTTPStatus.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Known:
    """A customer as a till may see one: the number that was asked for, and a name to greet by. Nothing else."""

    code: str
    name: str


def by_code(code: str) -> Known:
    """The customer with exactly this number. Raises CustomerUnknown."""
    row = Customer.objects.filter(code=code).values("code", "name").first() if code.isprintable() else None
    if row is None:
        raise CustomerUnknown("No customer has this number.")
    return Known(**row)
