"""Tills for `bench selling`: requests made beforehand and sent over kept connections, as fast or as evenly as asked."""

import multiprocessing
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

CLIENTS = 4


@dataclass
class Answers:
    """How many of each status, how long each took in seconds, and how long all of them together."""

    statuses: Counter[int]
    took: list[float]
    seconds: float

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.took)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


def request(path: str, key: str, body: bytes, method: str = "POST") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def flat_out(port: int, requests: Sequence[bytes], clients: int = CLIENTS) -> Answers:
    """Each client sends its next request once it has the answer to the last."""
    return _together(port, [(requests[number::clients], None) for number in range(clients)])


def evenly(port: int, requests: Sequence[bytes], *, a_second: float, clients: int = CLIENTS) -> Answers:
    """Requests leave by the clock; how long one took counts from when it was due, also where the client was busy."""
    shares = []
    for number in range(clients):
        due = [place / a_second for place in range(number, len(requests), clients)]
        shares.append((requests[number::clients], due))
    return _together(port, shares)


def _together(port: int, shares: list[tuple[Sequence[bytes], list[float] | None]]) -> Answers:
    ready, queue = multiprocessing.Barrier(len(shares) + 1), multiprocessing.Queue()
    work = [
        multiprocessing.Process(target=_client, args=(port, requests, due, ready, queue), daemon=True)
        for requests, due in shares
    ]
    for process in work:
        process.start()
    ready.wait(60)
    start = time.perf_counter()
    statuses: Counter[int] = Counter()
    took: list[float] = []
    for _ in work:
        some_statuses, some_took = queue.get(timeout=600)
        statuses.update(some_statuses)
        took += some_took
    seconds = time.perf_counter() - start
    for process in work:
        process.join()
    return Answers(statuses, took, seconds)


def _client(port: int, requests: Sequence[bytes], due: list[float] | None, ready: Any, queue: Any) -> None:
    statuses: Counter[int] = Counter()
    took = []
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ready.wait()
        begin = time.perf_counter()
        for number, content in enumerate(requests):
            start = time.perf_counter()
            if due is not None:
                time.sleep(max(0.0, begin + due[number] - start))
                start = begin + due[number]
            line.sendall(content)
            statuses[_answer(line)[0]] += 1
            took.append(time.perf_counter() - start)
    queue.put((statuses, took))


def _answer(line: socket.socket) -> tuple[int, bytes]:
    """Status and body of one answer that says its length."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += _some(line)
    head, _, body = got.partition(b"\r\n\r\n")
    wanted = next(
        int(field.partition(b":")[2]) for field in head.split(b"\r\n") if field.lower().startswith(b"content-length:")
    )
    while len(body) < wanted:
        body += _some(line)
    return int(head.split(b" ", 2)[1]), body


def _some(line: socket.socket) -> bytes:
    got = line.recv(65536)
    if not got:
        raise ConnectionError("the server hung up")
    return got
