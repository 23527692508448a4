"""`manage.py llm list|enable|disable|test SHOP`: the models a shop may ask.

The key is read from the variable that --key-env names, or asked for: a key typed as an argument would stay in the
shell's history and in the list of processes.
"""

import getpass
import json
import os
from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from insights.models import ModelAccess
from insights.providers import budget, services
from shop import doors
from shop.errors import Refused
from shop.tenancy import use_shop


class Command(BaseCommand):
    help = "List, connect, enable, disable or test the models of a shop. Prints one JSON line for each model."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["list", "enable", "disable", "test"])
        parser.add_argument("shop", help="The shop's slug.")
        parser.add_argument(
            "name", nargs="?", default="", help="The model as it is called here. Left out: every model."
        )
        parser.add_argument("--kind", choices=ModelAccess.Kind.values, help="With enable: connect a new model.")
        parser.add_argument("--model", default="", help="The vendor's name of the model.")
        parser.add_argument("--base-url", default="", help="Its address, where it is not the vendor's own.")
        parser.add_argument("--key-env", default="", help="The environment variable that holds the key.")
        parser.add_argument("--price-in", type=_price, help="Dollars for a million tokens sent.")
        parser.add_argument("--price-out", type=_price, help="Dollars for a million tokens answered.")
        parser.add_argument("--limit", type=_price, help="With enable: dollars a month for the whole shop.")

    def handle(self, *args: Any, **options: Any) -> None:
        shop = doors.shop_by_slug(options["shop"])
        if shop is None:
            raise CommandError(f"There is no shop “{options['shop']}”.")
        try:
            with use_shop(shop):
                self._act(options)
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal

    def _act(self, options: dict[str, Any]) -> None:
        if options["limit"] is not None:
            services.set_limit(options["limit"])
        if options["action"] == "enable" and options["kind"]:
            self._print(_connect(options))
            return
        for access in _named(options["name"]):
            if options["action"] in ("enable", "disable"):
                services.set_active(access, active=options["action"] == "enable")
                access.refresh_from_db()
            answered = services.try_out(access) if options["action"] == "test" else None
            self._print(access, answered)

    def _print(self, access: ModelAccess, answered: tuple[bool, str] | None = None) -> None:
        line = {
            "name": access.name,
            "kind": access.kind,
            "model": access.model,
            "base_url": access.base_url,
            "key": f"…{access.key_hint}" if access.secret else "",
            "active": access.is_active,
            "spent": str(budget.spent()),
            "limit": str(budget.limit()),
        }
        if answered is not None:
            line |= {"answered": answered[0], "says": answered[1]}
        self.stdout.write(json.dumps(line, ensure_ascii=False))


def _connect(options: dict[str, Any]) -> ModelAccess:
    variable = options["key_env"]
    if variable and not os.environ.get(variable):
        raise CommandError(f"The variable {variable} is not set.")
    needs_key = options["kind"] == ModelAccess.Kind.GEMINI or not options["base_url"]
    key = os.environ[variable] if variable else getpass.getpass("Key: ") if needs_key else ""
    return services.connect(
        kind=options["kind"],
        key=key,
        name=options["name"],
        model=options["model"],
        base_url=options["base_url"],
        price_in=options["price_in"],
        price_out=options["price_out"],
    )


def _named(name: str) -> list[ModelAccess]:
    found = list(ModelAccess.objects.filter(name=name) if name else ModelAccess.objects.all())
    if name and not found:
        known = ", ".join(ModelAccess.objects.values_list("name", flat=True)) or "none"
        raise CommandError(f"No model is called “{name}” here. Connected: {known}.")
    return found


def _price(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(text) from error
