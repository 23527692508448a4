"""What would have sold without a decision: held to made-up sales whose answer is known."""

import numpy as np

from insights.decisions.outcomes_compute import Answer, Panel, add_up, answers

PRODUCTS, DAYS = 90, 240


def panel(seed: int = 3, **more: object) -> Panel:
    """Products in six categories with weeks, weather and chance; nothing happens to any."""
    draw = np.random.default_rng(seed)
    weekday = np.arange(DAYS) % 7
    group = np.arange(PRODUCTS) % 6
    rate = np.exp(draw.normal(1.6, 0.7, PRODUCTS))[:, None] * np.array([1, 0.9, 1, 1.1, 1.3, 1.5, 0.8])[weekday]
    days = np.exp(0.08 * draw.standard_normal(DAYS) + 0.1 * np.sin(np.arange(DAYS) / 30))
    kinds = np.exp(0.07 * draw.standard_normal((6, DAYS)))[group]
    fields: dict[str, object] = {
        "units": draw.poisson(rate * days * kinds).astype(np.float32),
        "usable": np.ones((PRODUCTS, DAYS), dtype=np.bool_),
        "group": group,
        "weekday": weekday,
        "changed_series": np.zeros(0, dtype=np.int64),
        "changed_day": np.zeros(0, dtype=np.int64),
    }
    return Panel(**fields | more)  # type: ignore[arg-type]


def ask(of: Panel, first: int, days: int, rows: list[int]) -> list[Answer]:
    return answers(of, first, days, rows, {})


def test_of_what_really_sold_eight_in_ten_lie_in_the_range() -> None:
    inside, off, of = [], [], panel()
    for first in range(150, 210, 4):
        for days in (7, 14, 28):
            rows = [(first * 7 + days + 11 * n) % PRODUCTS for n in range(6)]
            for answer in ask(of, first, days, rows):
                if not answer.why_not:
                    inside.append(answer.low <= answer.sold <= answer.high)
                    off.append((answer.sold, answer.expected))
    sold, expected = np.array(off).T
    assert len(inside) > 200 and 0.72 <= np.mean(inside) <= 0.88
    assert abs(sold.sum() / expected.sum() - 1) < 0.03


def test_a_planted_change_is_found_and_its_size_too() -> None:
    of = panel()
    big = int(of.units[:, :150].sum(axis=1).argmax())
    units = of.units.copy()
    units[big, 180:208] = np.rint(units[big, 180:208] * 0.6)
    [answer] = ask(panel(units=units), 180, 28, [big])
    assert answer.sold < answer.low < answer.expected < answer.high
    assert abs(answer.sold / answer.expected - 0.6) < 0.08
    assert answer.sisters > 5 and answer.placebos > 100


def test_what_happened_to_the_whole_shop_or_its_kind_is_not_taken_for_its_doing() -> None:
    of = panel()
    units = of.units.copy()
    units[:, 180:208] *= 1.5
    units[of.group == 2, 180:208] *= 1.4
    row = int(np.flatnonzero(of.group == 2)[of.units[of.group == 2].sum(axis=1).argmax()])
    [answer] = ask(panel(units=units), 180, 28, [row])
    assert abs(answer.expected / answer.sold - 1) < 0.12


def test_the_same_product_elsewhere_tells_more_than_its_kind() -> None:
    of, draw = panel(), np.random.default_rng(9)
    wave = np.exp(0.5 * draw.standard_normal((PRODUCTS, 1)))
    here = of.units.copy()
    here[:, 180:208] = np.rint(here[:, 180:208] * wave)
    there = draw.poisson(np.maximum(of.units.mean(axis=1, keepdims=True), 0.1) * 3, (PRODUCTS, DAYS)).astype(np.float32)
    there[:, 180:208] = np.rint(there[:, 180:208] * wave)
    rows = np.argsort(-of.units.sum(axis=1))[:12].tolist()
    alone, beside = (
        [abs(np.log(one.expected / one.sold)) for one in ask(panel(units=here, elsewhere=other), 180, 28, rows)]
        for other in (None, there)
    )
    assert np.mean(beside) < 0.6 * np.mean(alone)


def test_what_cannot_be_said_is_not_said() -> None:
    usable = np.ones((PRODUCTS, DAYS), dtype=np.bool_)
    usable[3, 180:200] = False
    units = panel().units.copy()
    units[4] = 0
    changed = {"changed_series": np.array([5]), "changed_day": np.array([170])}
    found = ask(panel(units=units, usable=usable, **changed), 180, 28, [3, 4, 5])
    assert ["on offer" in found[0].why_not, "too little" in found[1].why_not, "three weeks" in found[2].why_not] == [
        True, True, True,
    ]  # fmt: skip
    assert "too few days" in ask(panel(), 10, 28, [1])[0].why_not
    assert "too few products" in ask(panel(usable=np.eye(PRODUCTS, DAYS) > 1), 180, 28, [1])[0].why_not


def test_a_sum_is_surer_than_its_parts_but_not_by_all_of_it() -> None:
    ones = np.ones(100)
    value, low, high = add_up(ones, ones - 2, ones + 2, 0.0)
    assert (value, round(value - low, 6), round(high - value, 6)) == (100, 20, 20)
    _, shared_low, _ = add_up(ones, ones - 2, ones + 2, 0.05)
    assert low - 40 < shared_low < low
