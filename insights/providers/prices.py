"""List prices of models in common use, in US dollars a million tokens (in, out): a first entry for the form.

What counts is the price stored with the shop's model, which its owner can change. A model that is not here has no
price until somebody enters one, and is not asked before.
"""

from __future__ import annotations

from decimal import Decimal

_LISTED = {
    "gemini-2.5-flash-lite": ("0.10", "0.40"),
    "gemini-2.5-flash": ("0.30", "2.50"),
    "gemini-2.5-pro": ("2.50", "15.00"),
    "gemini-3-flash-preview": ("0.50", "3.00"),
    "gemini-3-pro-preview": ("4.00", "18.00"),
    "gpt-4o-mini": ("0.15", "0.60"),
    "gpt-4o": ("2.50", "10.00"),
    "gpt-4.1-nano": ("0.10", "0.40"),
    "gpt-4.1-mini": ("0.40", "1.60"),
    "gpt-4.1": ("2.00", "8.00"),
    "gpt-5-nano": ("0.05", "0.40"),
    "gpt-5-mini": ("0.25", "2.00"),
    "gpt-5": ("1.25", "10.00"),
    "llama-3.1-8b-instant": ("0.05", "0.08"),
    "llama-3.3-70b-versatile": ("0.59", "0.79"),
}


def listed(model: str) -> tuple[Decimal, Decimal] | None:
    """The list price of exactly this model, or None."""
    found = _LISTED.get(model)
    return (Decimal(found[0]), Decimal(found[1])) if found else None
