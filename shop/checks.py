"""Our conventions as Django system checks: `manage.py check` names what breaks one, and how to mend it."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.db import models
from django.urls import URLPattern, get_resolver

from shop.access import access_of
from shop.tenancy import ShopForeignKey, ShopOwned
from shop.walls import DOOR_TABLES, shop_owned_models

OUR_APPS = {"shop", "inventory", "customers", "sales", "insights"}
URLCONFS = ("shop.urls", "shop.shop_urls")
# allauth's pages stand outside any shop and decide themselves.
THIRD_PARTY_VIEWS = ("allauth.", "django.contrib.staticfiles.")

DATE_ENDINGS = ("_on", "_date")
TIME_ENDINGS = ("_at",)
# Names that shops and lawyers use, and those that read as a span's end.
NAMED_OTHERWISE = {"snoozed_until", "best_before", "use_by", "lease_until", "tracked_from", "last_login"}


@register("aisle")
def every_view_is_marked(**kwargs: Any) -> list[CheckMessage]:
    """A view without an access mark is refused to everybody, so forgetting one is found here."""
    return [
        Error(f"The view {_named(view)} has no access mark.", hint=_MARK, id="aisle.E001")
        for urlconf in URLCONFS
        for view in _views(get_resolver(urlconf).url_patterns)
        if access_of(view) is None and not _named(view).startswith(THIRD_PARTY_VIEWS)
    ]


_MARK = "Mark it with needs(Can.…), member, public or signed_in from shop.access."


def _named(view: Any) -> str:
    source = getattr(view, "view_class", view)
    return f"{source.__module__}.{source.__qualname__}"


def _views(patterns: list[Any]) -> Iterator[Any]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.callback
        else:
            yield from _views(pattern.url_patterns)


@register("aisle")
def every_table_has_its_wall(**kwargs: Any) -> list[CheckMessage]:
    """A table is a shop's own, behind both walls, or a door table whose reason is written down."""
    tables = {
        model._meta.db_table: model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not issubclass(model, ShopOwned)
    }
    return [
        Error(
            f"{model.__name__} ({table}) is neither shop-owned nor a door table.",
            hint="Derive it from ShopOwned, or write into shop.walls.DOOR_TABLES why not.",
            obj=model,
            id="aisle.E002",
        )
        for table, model in tables.items()
        if table not in DOOR_TABLES
    ]


@register("aisle")
def shop_owned_models_keep_to_their_shop(**kwargs: Any) -> list[CheckMessage]:
    """Unique rules begin with the shop, links stay inside it, and the facts the walls read make sense."""
    found: list[CheckMessage] = []
    for model in shop_owned_models():
        found += _unique_rules(model) + _links(model) + _wall_facts(model)
    return found


def _unique_rules(model: type[ShopOwned]) -> list[CheckMessage]:
    rules = [rule for rule in model._meta.constraints if isinstance(rule, models.UniqueConstraint)]
    loose = [rule.name for rule in rules if _first(rule) != "shop"]
    loose += [field.name for field in model._meta.concrete_fields if field.unique and not field.primary_key]
    loose += [", ".join(fields) for fields in model._meta.unique_together if fields[0] != "shop"]
    hint = "Two shops may hold the same value: begin the rule with the shop."
    return [
        Error(f"Unique rule “{name}” is not within a shop.", hint=hint, obj=model, id="aisle.E003") for name in loose
    ]


def _first(rule: models.UniqueConstraint) -> str:
    first: Any = rule.fields[0] if rule.fields else rule.expressions[0]
    return str(getattr(first, "name", first))


def _links(model: type[ShopOwned]) -> list[CheckMessage]:
    return [
        Error(f"{field.name} may name another shop's row.", hint="Use ShopForeignKey.", obj=model, id="aisle.E004")
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
        and isinstance(field.related_model, type)
        and issubclass(field.related_model, ShopOwned)
        and not isinstance(field, ShopForeignKey)
    ]


def _wall_facts(model: type[ShopOwned]) -> list[CheckMessage]:
    columns = {field.column for field in model._meta.concrete_fields}
    wrong = []
    if model.append_only and model.keeps_history:
        wrong.append("A ledger is its own history: set keeps_history = False.")
    if model.wall_updates and not model.append_only:
        wrong.append("wall_updates only means something on an append-only table.")
    wrong += [f"There is no column {name}." for name in {*model.wall_updates, *model.wall_key} if name not in columns]
    if model.wall_key and model.wall_key[0] != "shop_id":
        wrong.append("The primary key must begin with shop_id.")
    return [Error(sentence, obj=model, id="aisle.E005") for sentence in wrong]


@register("aisle")
def dates_and_times_say_so(**kwargs: Any) -> list[CheckMessage]:
    """A date ends in _on or _date, a moment in _at, so that nobody compares one with the other."""
    found: list[CheckMessage] = []
    for model in apps.get_models():
        if model._meta.app_label not in OUR_APPS:
            continue
        for field in model._meta.local_fields:
            endings = _endings(field)
            if endings and not field.name.endswith(endings) and field.name not in NAMED_OTHERWISE:
                hint = f"End it in {' or '.join(endings)}, or add it to shop.checks.NAMED_OTHERWISE."
                found.append(Error(f"The name {field.name} hides its kind.", hint=hint, obj=model, id="aisle.E006"))
    return found


def _endings(field: Any) -> tuple[str, ...]:
    if isinstance(field, models.DateTimeField):
        return TIME_ENDINGS
    return DATE_ENDINGS if isinstance(field, models.DateField) else ()
