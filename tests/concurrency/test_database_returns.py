"""The database crashes and comes back: pages answer 503 meanwhile and 200 soon after, and nobody did anything."""

import io
import threading
import time

import pytest
from django.core.handlers.wsgi import WSGIHandler

from tests.concurrency.postgres import PrivatePostgres

CALLERS, AWAY, BACK_WITHIN = 4, 5, 3  # seconds


class Callers:
    """Threads that ask for a page that needs the database, one after the other, as a web worker is asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[float, int]] = []
        self._ended = threading.Event()
        self._page = WSGIHandler()
        self._threads = [threading.Thread(target=self._ask) for _ in range(CALLERS)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def first_good(self, since: float) -> float | None:
        return next((at - since for at, status in sorted(self.answers) if at > since and status == 200), None)

    def _ask(self) -> None:
        while not self._ended.wait(0.02):
            said: list[str] = []
            asked = {"REQUEST_METHOD": "GET", "PATH_INFO": "/readyz", "SERVER_NAME": "localhost", "SERVER_PORT": "443"}
            answer = self._page(
                {**asked, "wsgi.url_scheme": "https", "wsgi.input": io.BytesIO()},
                lambda status, headers, error=None, said=said: said.append(status),
            )
            answer.close()
            self.answers.append((time.monotonic(), int(said[0][:3])))


@pytest.mark.django_db(transaction=True)
def test_pages_answer_again_by_themselves_soon_after_the_database_does() -> None:
    with PrivatePostgres() as server, server.used_by_django():
        callers = Callers()
        try:
            time.sleep(0.5)
            server.crash()
            time.sleep(AWAY)
            server.start()
            back = time.monotonic()
            time.sleep(BACK_WITHIN)
        finally:
            callers.end()
    statuses = {status for _, status in callers.answers}
    assert statuses == {200, 503}
    assert callers.first_good(back) is not None
    bad_later = [at - back for at, status in callers.answers if status != 200 and at > back]
    assert max(bad_later, default=0) < BACK_WITHIN
    assert callers.answers[-1][1] == 200
