"""Prints docs/roles.md: which role may do and see what."""

from typing import Any

from django.core.management.base import BaseCommand

from shop.roles import CAPABILITIES, Can, Role

HEAD = """# Roles

What each role may do and see in a shop. The table is `shop/roles.py`; pages, the admin, exports and downloads all ask
it, and a change of role counts from the member's next request. Members are managed by owners only, and a shop always
keeps one owner. Somebody who is not a member of a shop cannot learn that it exists.

This page is printed by `manage.py roles_table`.

"""


def table() -> str:
    """The page, from the roles as they are."""
    head = "| may | " + " | ".join(role.label for role in Role) + " |\n" + "|---|" + ":-:|" * len(Role) + "\n"
    rows = [f"| {can.value} | " + " | ".join(_mark(role, can) for role in Role) + " |" for can in Can]
    return HEAD + head + "\n".join(rows) + "\n"


def _mark(role: Role, can: Can) -> str:
    return "yes" if can in CAPABILITIES[role] else "–"


class Command(BaseCommand):
    help = "Print docs/roles.md"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(table(), ending="")
