"""Guards removed on purpose: each planted mutant must turn a test red, or the guard is not really tested.

A mutant is one replacement in a copy of the project; the named tests then run on the copy.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from shop import embedded
from shop.db.postgresql.base import as_owner
from tests.conftest import end_other_sessions

PROJECT = Path(__file__).resolve().parents[2]
COPIED = (
    "shop",
    "inventory",
    "customers",
    "sales",
    "insights",
    "templates",
    "deploy",
    "static",
    "tests",
    "pyproject.toml",
    "manage.py",
)
MAKE_WALLS = ("shop/walls.py", "shop/db/catalogue.py")
NOT_NEEDED = ("cacheprovider", "xdist", "schemathesis", "playwright", "hypothesispytest", "anyio")
WALLS = "tests/spikes/test_two_walls.py"
MOUNT = "tests/spikes/test_mount.py"
TABLES = "tests/contracts/test_tables.py"


@dataclass(frozen=True)
class Mutant:
    """`guard` in `file` becomes `gap`; `killer` is the test that must notice."""

    name: str
    file: str
    guard: str
    gap: str
    killer: str


MUTANTS = [
    Mutant(
        "manager does not filter",
        "shop/tenancy.py",
        "rows = rows.filter(shop_id=chosen)",
        "pass",
        f"{WALLS}::test_wall_one_stands_when_wall_two_is_away",
    ),
    Mutant(
        "a query runs with no shop",
        "shop/tenancy.py",
        "rows.query.__class__ = _ClosedQuery",
        "pass",
        f"{WALLS}::test_no_query_runs_before_a_shop_is_chosen",
    ),
    Mutant(
        "another shop's row may be saved",
        "shop/tenancy.py",
        "elif owner != chosen:",
        "elif False:",
        f"{WALLS}::test_a_write_needs_the_chosen_shop",
    ),
    Mutant(
        "row security is not forced",
        "shop/walls.py",
        "    if not enabled:\n",
        "    if False:\n",
        f"{TABLES}::test_row_security_is_forced_with_exactly_our_policies",
    ),
    Mutant(
        "no policy on writing",
        "shop/walls.py",
        "using ({THIS_SHOP}) with check ({THIS_SHOP})'",
        "using ({THIS_SHOP}) with check (true)'",
        f"{WALLS}::test_the_database_refuses_another_shops_row_and_another_shops_parent",
    ),
    Mutant(
        "links are not composite",
        "shop/walls.py",
        "*_links_inside_shop(found, model), ",
        "",
        f"{TABLES}::test_every_link_is_composite_and_stays_inside_the_shop",
    ),
    Mutant(
        "ledgers can be rewritten",
        "shop/walls.py",
        "wanted = ALL_RIGHTS if updates is None else LEDGER_RIGHTS",
        "wanted = ALL_RIGHTS",
        f"{TABLES}::test_the_app_role_cannot_rewrite_a_ledger",
    ),
    Mutant(
        "a rolled back savepoint is forgotten",
        "shop/db/postgresql/base.py",
        '        self._told = (-2, "", "")\n',
        "",
        f"{WALLS}::test_the_belief_about_the_shop_survives_savepoints",
    ),
    Mutant(
        "the shop outlives its transaction",
        "shop/db/postgresql/base.py",
        "set_config('app.shop_id', %s, true)",
        "set_config('app.shop_id', %s, false)",
        f"{WALLS}::test_pooled_connections_carry_no_shop_to_the_next_user",
    ),
    Mutant(
        "anybody may enter any shop",
        "shop/doors.py",
        "filter(user_id=user_id, shop__slug=slug)",
        "filter(shop__slug=slug)",
        f"{MOUNT}::test_unknown_and_foreign_shops_are_the_same_404",
    ),
    Mutant(
        "roles are not asked",
        "shop/access.py",
        "    if not may(membership.role, capability):\n",
        "    if False:\n",
        "tests/contracts/test_access.py::test_every_role_gets_exactly_what_the_table_says",
    ),
    Mutant(
        "a task runs with no shop",
        "shop/tasks.py",
        'if args or "shop_id" not in kwargs:',
        "if False:",
        f"{WALLS}::test_a_task_runs_in_its_own_shop_and_only_there",
    ),
    Mutant(
        "the mount leaks its prefix",
        "shop/mount.py",
        "            set_script_prefix(before)\n\n    async def",
        "            pass\n\n    async def",
        f"{MOUNT}::test_links_carry_the_shop_they_were_made_for",
    ),
    Mutant(
        "bulk changes leave no history",
        "shop/walls.py",
        "_TRANSITIONS.items() if model.keeps_history else ()",
        "()",
        f"{WALLS}::test_history_sees_save_bulk_and_copy_alike",
    ),
    Mutant(
        "a restore believes the backup",
        "shop/backup/restoring.py",
        "    if differences:\n",
        "    if False:\n",
        "tests/concurrency/test_backup.py::test_what_is_not_whole_is_not_restored",
    ),
    Mutant(
        "an old invitation works",
        "shop/services.py",
        "found.expires_at < timezone.now()",
        "False",
        "tests/shop/test_join.py::test_old_withdrawn_and_unknown_links_say_the_same",
    ),
    Mutant(
        "models spend past the limit",
        "insights/providers/calls.py",
        "if budget.spent() + most > limit:",
        "if False:",
        "tests/insights/test_providers_gateway.py::test_nothing_is_spent_past_the_limit",
    ),
    Mutant(
        "a mailed link works twice",
        "insights/briefs/links.py",
        "    if link.used_at:\n",
        "    if False:\n",
        "tests/insights/test_briefs.py::test_a_second_press_does_nothing",
    ),
    Mutant(
        "a suggestion is carried out twice",
        "insights/decisions/deciding.py",
        "    if found.state == State.ACCEPTED:\n        return found\n    _must_be_open(found)\n",
        "",
        "tests/insights/test_decisions.py::test_accepting_carries_it_out_once_with_the_persons_quantity",
    ),
    Mutant(
        "a till's key is right whatever its secret",
        "shop/devices.py",
        "or not right or",
        "or",
        "tests/contracts/test_api_access.py::test_a_wrong_key_learns_nothing[api:device]",
    ),
    Mutant(
        "an ended till goes on",
        "shop/devices.py",
        "if found.revoked_at is not None:",
        "if False:",
        "tests/contracts/test_api_access.py::test_a_revoked_key_learns_nothing[api:device]",
    ),
    Mutant(
        "a till's code works twice",
        "shop/devices.py",
        "enrolment.used_at is not None or ",
        "",
        "tests/shop/test_devices.py::test_a_code_connects_one_till_once",
    ),
    Mutant(
        "other content under a known id is a repeat",
        "sales/till.py",
        "if found.fingerprint != fingerprint:",
        "if False:",
        "tests/sales/test_known_till_bugs.py::test_67731_a_known_id_with_other_lines_changes_nothing_and_is_kept",
    ),
    Mutant(
        "a till's number is not looked at",
        "sales/booking.py",
        "on conflict do nothing returning id, uuid, flags",
        "on conflict (shop_id, uuid) do nothing returning id, uuid, flags",
        "tests/sales/test_known_till_bugs.py::test_71455_the_same_order_from_both_tabs_is_set_aside_not_doubled",
    ),
    Mutant(
        "a till's sale leaves its day as it was",
        "sales/booking.py",
        "d.business_date from booked b, told d\n)",
        "d.business_date from booked b, told d where false\n)",
        "tests/sales/test_till.py::test_its_day_is_made_anew",
    ),
    Mutant(
        "what a count has seen moves the level again",
        "inventory/ledger_sql.py",
        "coalesce({at} <= h.counted_at, false) as counted",
        "false as counted",
        "tests/sales/test_till.py::test_a_sale_told_after_a_later_count_is_in_that_count",
    ),
    Mutant(
        "two returns of the same goods do not wait for each other",
        "sales/till.py",
        "        booking.lock([told.id, *told.originals()])\n        return",
        "        return",
        "tests/sales/test_till_together.py::test_two_returns_of_the_same_goods_at_once_are_seen",
    ),
    Mutant(
        "a change that commits late is left behind",
        "inventory/catalogue_feed.py",
        "select pg_snapshot_xmin(pg_current_snapshot()) as oldest",
        "select pg_snapshot_xmax(pg_current_snapshot()) as oldest",
        "tests/inventory/test_catalogue_feed.py::test_a_transaction_that_commits_late_is_not_missed",
    ),
    Mutant(
        "a cursor from before a restore is believed",
        "inventory/catalogue_feed.py",
        "return asked.token != token or ahead",
        "return ahead",
        "tests/inventory/test_catalogue_feed.py::test_a_cursor_from_before_a_restore_starts_over",
    ),
    Mutant(
        "a price that starts by the clock is not told",
        "inventory/catalogue_feed.py",
        "        return bool(cursor.fetchone()[0])\n",
        "        return False\n",
        "tests/inventory/test_catalogue_feed.py::test_a_price_that_starts_or_ends_by_the_clock_is_told_when_it_does",
    ),
    Mutant(
        "a scale's check digit is not looked at",
        "inventory/codes.py",
        'if rule.pattern.endswith("C") and not good_check_digit(code):',
        "if False:",
        "tests/inventory/test_codes.py::test_a_wrong_check_digit_is_not_read",
    ),
]


@pytest.fixture(scope="session")
def templates(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[bool, str]]:
    """Copies of the migrated test database, with walls (False) and without (True): to copy one takes a second, to
    migrate anew half a minute."""
    names = {False: f"test_aisle_template_{os.getpid()}", True: f"test_aisle_bare_{os.getpid()}"}
    with django_db_blocker.unblock():
        made_from = connection.settings_dict["NAME"]
        end_other_sessions()
        with as_owner(database="postgres"), connection.cursor() as cursor:
            for name in names.values():
                cursor.execute(f'create database "{name}" template "{made_from}"')
        with as_owner(database=names[True]), connection.cursor() as cursor:
            cursor.execute(f"grant all on all tables in schema public to {settings.DATABASE_APP['USER']}")
            cursor.execute(NO_WALLS)
    yield names
    with django_db_blocker.unblock(), as_owner(database="postgres"), connection.cursor() as cursor:
        for name in names.values():
            cursor.execute(f'drop database "{name}"')


# What makes the walls must then make them again.
NO_WALLS = """
do $$ declare _each record; begin
    for _each in select tablename, policyname from pg_policies where schemaname = 'public' loop
        execute format('drop policy %I on %I', _each.policyname, _each.tablename);
    end loop;
    for _each in select relname from pg_class where relrowsecurity and relnamespace = 'public'::regnamespace loop
        execute format('alter table %I no force row level security, disable row level security', _each.relname);
    end loop;
    for _each in select tgname, tgrelid::regclass as t from pg_trigger where starts_with(tgname, 'keep_history_') loop
        execute format('drop trigger %I on %s', _each.tgname, _each.t);
    end loop;
    for _each in select conname, conrelid::regclass as t from pg_constraint
        where contype = 'f' and right(conname, 8) = '_in_shop' loop
        execute format('alter table %s drop constraint %I', _each.t, _each.conname);
    end loop;
end $$;
"""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_a_removed_guard_turns_a_test_red(mutant: Mutant, tmp_path: Path, templates: dict[bool, str]) -> None:
    done = _run(mutant, mutant.gap, tmp_path, templates)
    assert done.returncode == 1, f"the mutant lives:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert "failed" in done.stdout, done.stdout[-2000:]


def test_walls_are_made_again_where_no_guard_is_removed(tmp_path: Path, templates: dict[bool, str]) -> None:
    """Else a wall's mutants would die of the database they are given."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == "ledgers can be rewritten")
    done = _run(mutant, mutant.guard, tmp_path, templates)
    assert done.returncode == 0, done.stdout[-2000:]


def _run(mutant: Mutant, gap: str, copy: Path, templates: dict[bool, str]) -> subprocess.CompletedProcess[str]:
    for name in COPIED:
        _copy(PROJECT / name, copy / name)
    target = copy / mutant.file
    source = target.read_text()
    assert source.count(mutant.guard) == 1, "the guard has moved: plant the mutant anew"
    target.write_text(source.replace(mutant.guard, gap))
    return subprocess.run(
        [sys.executable, "-m", "pytest", mutant.killer, "-x", "-q", *(f"-pno:{plugin}" for plugin in NOT_NEEDED)],
        cwd=copy,
        env={
            **_without_coverage(),
            "AISLE_HOME": str(embedded.home()),
            "PYTHONPATH": str(copy),
            "TEST_TEMPLATE": templates[mutant.file in MAKE_WALLS],
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)  # with what is compiled: it is found to fit by the time in it
    else:
        shutil.copy2(source, target)


def _without_coverage() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COV_"))}
