"""A bad line between a till and its shop: refuses, loses the answer, cuts it, cuts the question, or takes its time."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

FAULTS = ("refuse", "cut_question", "lose_answer", "cut_answer", "delay", "gibberish")
# A hotel's sign-in page: a 200 that says nothing about the sale.
PORTAL = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\nConnection: close\r\n\r\n<h1>Hello</h1"


class Proxy:
    """Listens beside a server and passes each call on as `fault(number of the call)` says; "" is a good line."""

    def __init__(self, url: str, fault: Callable[[int], str] = lambda number: "") -> None:
        where = urlsplit(url)
        self.upstream = (where.hostname or "", where.port or 80)
        self.fault = fault
        self.calls: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._number = 0
        self._open = True
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        self._threads: list[threading.Thread] = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *error: object) -> None:
        self._open = False
        # A blocked accept() does not notice a close; a last caller wakes it.
        socket.create_connection(self._door.getsockname()).close()
        for thread in self._threads:
            thread.join(10)
        self._door.close()

    def _listen(self) -> None:
        while True:
            till, _ = self._door.accept()
            if not self._open:
                till.close()
                return
            with self._lock:
                fault = self.fault(self._number)
                self._number += 1
                self.calls[fault] += 1
            thread = threading.Thread(target=self._pass_on, args=(till, fault), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _pass_on(self, till: socket.socket, fault: str) -> None:
        with till:
            till.settimeout(20)
            try:
                if fault == "refuse":
                    _hang_up(till)
                elif fault == "gibberish":
                    _question(till)
                    till.sendall(PORTAL)
                else:
                    self._speak(till, fault)
            except OSError:
                pass  # either side hung up, as it may

    def _speak(self, till: socket.socket, fault: str) -> None:
        question = _question(till)
        if fault == "cut_question":
            question = question[: len(question) - 7]
        with socket.create_connection(self.upstream, timeout=20) as shop:
            shop.sendall(question)
            if fault == "cut_question":
                _hang_up(shop)
                return
            answer = b"".join(iter(lambda: shop.recv(65536), b""))
        if fault == "delay":
            time.sleep(0.2)
        if fault == "cut_answer":
            till.sendall(answer[: len(answer) - 5])
        elif fault != "lose_answer":
            till.sendall(answer)


def _question(till: socket.socket) -> bytes:
    """A whole request: its head, and as much body as the head says."""
    said = b""
    while b"\r\n\r\n" not in said:
        part = till.recv(65536)
        if not part:
            return said
        said += part
    head, _, body = said.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    missing = int(lengths[0]) - len(body) if lengths else 0
    while missing > 0:
        part = till.recv(65536)
        if not part:
            break
        said, missing = said + part, missing - len(part)
    return said


def _hang_up(line: socket.socket) -> None:
    """Close so that the other side gets a reset, not an end."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()
