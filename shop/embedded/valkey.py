"""The embedded Valkey: a broker that keeps nothing on disk, at a port of its own on this machine."""

import socket
import time

from shop.embedded.place import CannotStart, Place, folder, mark, run, tail


def port_of(place: Place) -> int:
    """The port it listens at, or before the first start the one it will try first: each home has its own."""
    try:
        return int((place.valkey / "port").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 21000 + int(mark(place.home), 16) % 9000


def ours(place: Place, port: int) -> bool:
    """Whether the server at a port is the one of this home."""
    return ask(port, "CONFIG GET dir").rstrip().endswith(f"\r\n{place.valkey}")


def start(place: Place) -> None:
    """Starts it at the remembered port, or the next one that is free, and remembers that."""
    folder(place, place.valkey)
    first = port_of(place)
    for port in range(first, first + 20):
        if _taken(port):
            continue
        run(
            place, "valkey-server", "--port", str(port), "--bind", "127.0.0.1", "--daemonize", "yes",
            "--dir", str(place.valkey), "--logfile", str(place.valkey / "server.log"),
            "--save", "", "--appendonly", "no",
        )  # fmt: skip
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if ours(place, port):
                (place.valkey / "port").write_text(str(port), encoding="utf-8")
                return
            time.sleep(0.02)
    raise CannotStart(f"Valkey did not start on 127.0.0.1 at {first} or above.\n{tail(place.valkey / 'server.log')}")


def stop(place: Place) -> None:
    """Stops it; what it held is gone, which a broker of hints may lose."""
    ask(port_of(place), "SHUTDOWN NOSAVE")


def ask(port: int, command: str) -> str:
    """The raw answer to one command, or nothing where no Valkey answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as line:
            line.sendall(f"{command}\r\n".encode())
            return line.recv(4096).decode(errors="replace")
    except OSError:
        return ""


def _taken(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
