"""Make a shop with its branches and, if named, its owner."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from shop import services
from shop.errors import Refused
from shop.models import User


class Command(BaseCommand):
    help = "Make a shop: its short name, branches, currency, time zone and owner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SLUG", help="short name, used in its address: /s/SLUG/")
        parser.add_argument("--name", default="", help="the shop's name (default: from SLUG)")
        parser.add_argument("--currency", default="EUR", help="such as EUR (default) or GBP")
        parser.add_argument("--zone", default="Europe/Lisbon", help="time zone (default: Europe/Lisbon)")
        parser.add_argument("--country", default="PT", help="two letters (default: PT)")
        parser.add_argument("--owner", metavar="EMAIL", help="who owns it; made without a password if new")
        parser.add_argument("--branches", default="main", metavar="A,B", help="branch names (default: main)")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        branches = [name.strip() for name in options["branches"].split(",") if name.strip()]
        owner, is_new = _owner(options["owner"])
        try:
            shop = services.create_shop(
                slug=options["slug"],
                name=options["name"],
                currency=options["currency"],
                zone=options["zone"],
                country=options["country"],
                branches=branches,
                owner=owner,
                by="create_shop",
            )
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal
        self.stdout.write(f"{shop.name} is at /s/{shop.slug}/")
        if is_new:
            self.stdout.write(f"{options['owner']} has no password yet and can set one at /accounts/password/reset/")


def _owner(email: str | None) -> tuple[User | None, bool]:
    if not email:
        return None, False
    found = User.objects.filter(email__iexact=email.strip()).first()
    return (found, False) if found else (User.objects.create_user(email.strip()), True)
