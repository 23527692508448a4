"""bin/test cleans up after tests that were killed, and only after those."""

import os

import psycopg
from django.db import connection

from shop import gate


def test_only_databases_of_tests_that_are_gone_are_dropped(db, settings):
    gone, alive, other = "test_aisle_gw0_999999999", f"test_aisle_gw0_{os.getpid()}_x_{os.getpid()}", "test_aisle_mine"
    url = settings.DATABASE_OWNER_URL
    with psycopg.connect(url, dbname="postgres", autocommit=True) as owner:
        for name in (gone, alive, other):
            owner.execute(f"CREATE DATABASE {name}")
        gate._drop_leftovers(url)
        left = {row[0] for row in owner.execute("SELECT datname FROM pg_database").fetchall()}
        for name in (alive, other):
            owner.execute(f"DROP DATABASE {name}")
    assert gone not in left
    assert {alive, other, connection.settings_dict["NAME"]} <= left
