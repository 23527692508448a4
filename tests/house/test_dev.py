"""bin/dev serves, survives being killed, and leaves nothing behind when it is stopped."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from shop import dev, embedded


@pytest.fixture
def home():
    """An empty home that every user may pass, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="aisle-dev-")).resolve()
    folder.chmod(0o755)
    yield folder
    for process in started_from(folder):
        process.kill()
    embedded.stop(folder)
    shutil.rmtree(folder)


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def start(home, port):
    """Runs it until it says where it is."""
    process = subprocess.Popen(
        [sys.executable, "-m", "shop.dev", "--empty", "--port", str(port)],
        cwd=embedded.REPOSITORY,
        env=os.environ | {"AISLE_HOME": str(home), "AISLE_EMBEDDED_FSYNC": "off"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    assert f"http://localhost:{port}/" in said, said
    return process


def started_from(home):
    return [process for process in psutil.process_iter() if dev._started_from(process, home)]


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.status, answer.read().decode()


def end(process, number):
    process.send_signal(number)
    said = process.stdout.read()
    process.stdout.close()
    return process.wait(timeout=60), said


def test_it_serves_and_after_a_kill_serves_again_and_stops_whole(home, port):
    process = start(home, port)
    assert get(port, "/healthz")[0] == 200
    assert "/static/css/" in get(port, "/accounts/login/")[1]
    names = {name for p in started_from(home) for name in ("gunicorn", "worker", "beat") if name in p.cmdline()}
    assert names == {"gunicorn", "worker", "beat"}

    end(process, signal.SIGKILL)
    left = started_from(home)
    assert left
    for server in (home / "postgres" / "postmaster.pid").read_text(encoding="utf-8").split()[:1]:
        os.kill(int(server), signal.SIGKILL)

    began = time.monotonic()
    again = start(home, port)
    assert time.monotonic() - began < 60
    assert not [p for p in left if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert get(port, "/readyz")[0] == 200

    second = subprocess.run(
        [sys.executable, "-m", "shop.dev"],
        cwd=embedded.REPOSITORY,
        env=os.environ | {"AISLE_HOME": str(home)},
        capture_output=True,
        text=True,
    )
    assert second.returncode == 1
    assert "Aisle already runs from" in second.stderr

    code, said = end(again, signal.SIGTERM)
    assert (code, said.strip()) == (0, "Stopped.")
    assert not started_from(home)
    assert not embedded.running(home)


def test_a_port_in_use_is_said_before_anything_starts(home):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "shop.dev", "--port", str(taken)],
            cwd=embedded.REPOSITORY,
            env=os.environ | {"AISLE_HOME": str(home)},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 1
    assert f"Try bin/dev --port {taken + 1}" in done.stderr
    assert not (home / "postgres").exists()
