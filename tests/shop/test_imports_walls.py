"""What an import may do as the app's role: tell the planner about a shop's tables, and nothing more."""

import pytest
from django.db import ProgrammingError, connection, transaction
from django.db.utils import InternalError

from shop.imports.kinds import every_kind


def analyze(table: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select aisle_analyze(%s)", [table])


def test_the_tables_a_kind_grows_can_be_analyzed(db: None) -> None:
    tables = {table for kind in every_kind() for table in kind.grows}
    assert tables
    for table in tables:
        analyze(table)


@pytest.mark.parametrize("table", ["shop_user", "pg_authid", "no_such_table", "sales_sale; drop table sales_sale", ""])
def test_no_other_table_can(db: None, table: str) -> None:
    with pytest.raises((InternalError, ProgrammingError)):
        analyze(table)


def test_the_app_role_cannot_do_it_by_itself(db: None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select has_table_privilege(current_user, 'sales_sale', 'maintain')")
        assert cursor.fetchone() == (False,)
