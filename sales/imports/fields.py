"""Fields that several kinds of sales have: one set of names for each, so that a header is known in all of them."""

from __future__ import annotations

from shop.imports.kinds import As, Field, also


def tender_field(*, examples: tuple[str, ...] = ()) -> Field:
    names = also("payment, payment method, payment type, paid by, tender type, payment mode, paid with")
    words = "How it was paid: cash, card."
    return Field("tender", As.TEXT, words, longest=40, synonyms=names, examples=examples, default="not known")


def customer_field(
    *, examples: tuple[str, ...] = (), default: str = "nobody in particular", more: tuple[str, ...] = ()
) -> Field:
    """`more` are names that only this kind's files give it."""
    names = also(
        "customer id, customer number, member, member number, household id, loyalty id, customer no, member id",
        "card number, loyalty number, loyalty card, household key, client id",
    )
    words = "Customer number. Unknown ones are made for review."
    return Field("customer", As.CODE, words, longest=64, synonyms=(*names, *more), examples=examples, default=default)


def register_field(*, examples: tuple[str, ...] = ()) -> Field:
    names = also(
        "till, terminal, pos, till id, register id, till name, register name, terminal id, pos id, lane, workstation"
    )
    return Field("register", As.CODE, "Till, by name.", longest=80, synonyms=names, examples=examples, default="none")


def cashier_field(*, examples: tuple[str, ...] = ()) -> Field:
    names = also(
        "clerk, operator, staff, served by, employee, cashier name, server, sold by, employee name",
    )
    return Field("cashier", As.TEXT, "Who served.", longest=120, synonyms=names, examples=examples, default="not known")
