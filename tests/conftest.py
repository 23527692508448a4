"""The test database is made by the owner and used by the app's role, as in production: both walls stand.

The cast: Green Grocer (owner Alice, cashier Bob) and Rival Market (owner Charlie). Both always hold data.
"""

import os

# Before Django loads: a browser test and the ORM share one thread's event loop.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test.signals import setting_changed

from shop import celery_app, embedded
from tests import factories
from tests.vendors.plugin import packages_loaded, vendor

__all__ = ["packages_loaded", "vendor"]


def pytest_configure(config: pytest.Config) -> None:
    if embedded.in_use():
        embedded.ensure()


@pytest.fixture(scope="session", autouse=True)
def fast_and_plain() -> Iterator[None]:
    """Quick password hashes, static files straight from their folders, mail in memory."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    # What was collected may have opened a storage already.
    setting_changed.send(sender=None, setting="STORAGES", value=settings.STORAGES, enter=True)
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True
    # One Valkey database a test process, away from the one that bin/dev uses.
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 14 + 1
    celery_app.conf.broker_url = f"{settings.REDIS_URL.rpartition('/')[0]}/{number}"
    yield


@pytest.fixture(scope="session")
def django_db_setup(request: Any, django_test_environment: Any, django_db_blocker: Any) -> Iterator[None]:
    from django.test.utils import setup_databases, teardown_databases

    from shop.db.postgresql.base import as_owner

    _name_for_worker(request)
    with django_db_blocker.unblock(), as_owner():
        databases = setup_databases(verbosity=0, interactive=False, serialized_aliases=())
        with connections["default"].cursor() as cursor:
            cursor.execute(f"grant truncate on all tables in schema public to {settings.DATABASE_APP['USER']}")
    yield
    with django_db_blocker.unblock():
        end_other_sessions()
        with as_owner():
            teardown_databases(databases, verbosity=0)


def end_other_sessions() -> None:
    """Threads that ended without closing their connection (ASGI's, a live server's) would hold the database."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and usename = current_user and pid <> pg_backend_pid()"
        )


def _name_for_worker(request: Any) -> None:
    """One database a test process."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    settings.DATABASES["default"]["TEST"] = {
        **settings.DATABASES["default"].get("TEST", {}),
        "NAME": f"test_aisle_{worker}_{os.getpid()}",
        # A migrated database to copy, where a process that starts many has made one.
        "TEMPLATE": os.environ.get("TEST_TEMPLATE") or None,
    }
    connections["default"].settings_dict["TEST"] |= settings.DATABASES["default"]["TEST"]


@pytest.fixture
def cast(db: None) -> factories.Cast:
    """Two shops with people and data."""
    return factories.make_cast()


@pytest.fixture
def committed_cast(transactional_db: None) -> factories.Cast:
    """The same, committed: for tests with threads, workers, a live server or a second connection."""
    return factories.make_cast()
