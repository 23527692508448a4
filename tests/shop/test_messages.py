"""Several statements in one message: one transaction that knows its shop."""

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, OperationalError

from shop.db.messages import Statement, send
from shop.models import Branch
from shop.scope import NoShopChosen
from shop.tenancy import acting, use_shop
from tests.factories import Cast

ADD = Statement(
    "test_add_branch",
    "bigint, text",
    "insert into shop_branch (shop_id, name, needs_review) values ($1, $2, false) returning id",
)
NAMES = Statement("test_names", "bigint", "select name from shop_branch where $1 > 0 order by name")
WHO = Statement("test_who", "bigint", "select current_setting('app.actor'), current_setting('lock_timeout')")


def test_all_or_none_and_each_sees_those_before(committed_cast: Cast) -> None:
    green = committed_cast.green
    with use_shop(green), acting("till 1"):
        added, names, who = send((ADD, [green.pk, "Attic"]), (NAMES, [1]), (WHO, [1]))
        assert (len(added), names[0], who) == (1, ("Attic",), [("till 1", "3s")])
        with pytest.raises(IntegrityError):
            send((ADD, [green.pk, "Cellar"]), (ADD, [green.pk, "Attic"]))
        assert not Branch.objects.filter(name="Cellar").exists()


def test_it_sees_its_own_shop_only_and_needs_one(committed_cast: Cast) -> None:
    with use_shop(committed_cast.rival):
        assert send((NAMES, [1])) == [[("Market Square",)]]
        with pytest.raises(Exception, match="row-level security"):
            send((ADD, [committed_cast.green.pk, "Tunnel"]))
    with pytest.raises(NoShopChosen):
        send((NAMES, [1]))
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('app.shop_id', true)")
        assert cursor.fetchone()[0] in (None, "")


def test_a_plan_that_a_migration_outdated_is_made_anew_on_the_next_connection(committed_cast: Cast) -> None:
    with use_shop(committed_cast.green):
        with connection.cursor() as cursor:
            cursor.execute("create temp table changing (name varchar(10))")
        read = Statement("test_changing", "bigint", "select name from changing where $1 > 0")
        assert send((read, [1])) == [[]]
        with connection.cursor() as cursor:
            cursor.execute("alter table changing alter name type varchar(20)")
        with pytest.raises(OperationalError, match="plans anew"):
            send((read, [1]))
        connection.close()
        assert send((NAMES, [1]))[0]


def test_a_connection_lost_while_it_is_told_the_shop_is_trouble_that_passes(committed_cast: Cast) -> None:
    with use_shop(committed_cast.green), pytest.raises(OperationalError), transaction.atomic():
        Branch.objects.count()
        with connection.cursor() as cursor:
            cursor.execute("select pg_backend_pid()")
            (ours,) = cursor.fetchone()
        with psycopg.connect(connection.connection.info.dsn, password=connection.connection.info.password) as other:
            other.execute("select pg_terminate_backend(%s, 5000)", [ours])
        with acting("somebody else"):
            Branch.objects.count()
    connection.close()
    with use_shop(committed_cast.green):
        assert Branch.objects.count()
