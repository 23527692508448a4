"""Local servers over real sockets: the sources of feeds meet what they meet in the world."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shop.tenancy import use_shop
from tests.factories import Cast
from tests.feeds import certificates
from tests.feeds.imap import Mails
from tests.feeds.web import Site


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificates.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Path:
    """This machine trusts the servers of the test, and feeds may call them."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.FEEDS_PRIVATE_NETWORKS = True
    return certificate


@pytest.fixture
def mails(trusted: Path) -> Iterator[Mails]:
    server = Mails(certificates.server_context(trusted))
    yield server
    server.close()


@pytest.fixture
def site(trusted: Path) -> Iterator[Site]:
    server = Site(certificates.server_context(trusted))
    yield server
    server.close()


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """The folder of Green Grocer's first till."""
    settings.FEEDS_FOLDER = str(tmp_path / "feeds")
    path = tmp_path / "feeds" / "green" / "till-1"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def green(committed_cast: Cast, tmp_path: Path, settings: Any) -> Iterator[Cast]:
    """Green Grocer, committed and chosen: work is done by jobs."""
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "uploads"}}
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    with use_shop(committed_cast.green):
        yield committed_cast
