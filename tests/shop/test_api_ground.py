"""What every endpoint shares: keys, problems, bodies, limits."""

from tests.factories import Cast, make_till, till_client


def test_a_till_learns_who_it_is(cast: Cast) -> None:
    till, key = make_till(cast.green)
    answer = till_client(key).get("/api/v1/device")
    assert answer.status_code == 200, answer.content
    assert answer.json()["device"] == {"id": till.device_id, "name": "Front"}
    assert answer.json()["shop"]["name"] == "Green Grocer"


def test_problems(cast: Cast) -> None:
    _, key = make_till(cast.green)
    client = till_client(key)
    for path, method, status in (
        ("/api/v1/nowhere", "get", 404),
        ("/api/v1/device", "delete", 405),
        ("/api/v1/device?key=" + key, "get", 400),
        ("/api/v1/device/", "get", 404),
    ):
        answer = getattr(client, method)(path)
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["request_id"] == answer.headers["X-Request-ID"]
    assert till_client("nonsense").get("/api/v1/device").status_code == 401
