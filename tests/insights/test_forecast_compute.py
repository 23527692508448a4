"""What the demand models promise, on sales made up for it."""

import datetime as dt
import json

import numpy as np
import pytest

from insights.analyses.forecast import levels, sparse
from insights.analyses.forecast.compute import SELDOM, choose, fit, forecast, totals
from insights.analyses.forecast.contest import _decide as decide
from insights.analyses.forecast.panel import Choice, Event, Forecasts, Panel, Score

MONDAY = dt.date(2025, 1, 6)
BANDS = ("low80", "low50", "mean", "high50", "high80")


def panel(y, horizon=14, **known) -> Panel:
    y = np.asarray(y, dtype=np.float64)
    keys = tuple(f"s{row}" for row in range(len(y)))
    return Panel(**{"keys": keys, "first": MONDAY, "step": 1, "horizon": horizon, "y": y} | known)


def weekly_pattern(rows=6, days=126, *, seed=1, level=40.0):
    week = np.array([1.0, 0.8, 0.8, 1.0, 1.2, 1.6, 0.6])
    rate = level * week[np.arange(days) % 7]
    return np.random.default_rng(seed).poisson(rate, (rows, days)).astype(float), rate


def alone(model: str) -> Choice:
    """A choice made by hand, where a test is about the forecast and not the contest."""
    return Choice({}, model, {}, [[-1.28, -0.67, 0.67, 1.28]], {}, Score(), {})


def assert_sound(made: Forecasts, shape) -> None:
    for name in BANDS:
        band = getattr(made, name)
        assert band.shape == shape
        assert np.isfinite(band).all()
        assert (band >= 0).all()
    assert (made.low80 <= made.low50).all()
    assert (made.low50 <= made.high50).all()
    assert (made.high50 <= made.high80).all()


@pytest.fixture(scope="module")
def contest():
    y, _ = weekly_pattern()
    return panel(y), choose(panel(y))


def test_a_weekday_pattern_is_found_and_beats_repeating_last_week(contest):
    of, choice = contest
    made = fit(of, choice)
    _, rate = weekly_pattern(days=140)
    assert np.abs(made.mean.mean(axis=0) / rate[126:] - 1).max() < 0.15
    assert choice.overall.wape < 0.9 * choice.overall.naive_wape
    assert choice.overall.folds >= 3


def test_ranges_hold_about_eight_days_in_ten(contest):
    of, choice = contest
    later = np.random.default_rng(99).poisson(weekly_pattern(days=140)[1][126:], (200, 14))
    made = fit(of, choice)
    inside = np.mean([(later >= made.low80[row]) & (later <= made.high80[row]) for row in range(of.count)])
    assert 0.7 < inside < 0.92
    assert 0.65 < choice.overall.coverage80 < 0.95
    assert choice.overall.pinball < choice.overall.naive_pinball


def test_a_promotion_ahead_raises_its_days_only():
    y, _ = weekly_pattern()
    promoted = np.zeros((6, 140))
    promoted[:, 10:126:9] = promoted[:, 11:126:9] = 0.2
    y = np.where(promoted[:, :126] > 0, 2 * y, y)
    promoted[:, 128] = 0.2
    made = fit(panel(y, promotion=promoted), alone("effects")).mean
    plain = fit(panel(y, promotion=np.where(np.arange(140) == 128, 0, promoted)), alone("effects")).mean
    assert made[:, 2].mean() / plain[:, 2].mean() == pytest.approx(2, rel=0.2)
    assert np.delete(made, 2, axis=1) == pytest.approx(np.delete(plain, 2, axis=1))


def test_an_empty_shelf_is_not_taken_for_little_demand():
    y, _ = weekly_pattern()
    out = np.zeros(y.shape, dtype=bool)
    out[:, 100::3] = True
    y[out] = 1
    knowing = fit(panel(y, censored=out), alone("effects")).mean
    not_knowing = fit(panel(y), alone("effects")).mean
    assert knowing.sum() > 1.15 * not_knowing.sum()
    assert knowing.mean() == pytest.approx(40, rel=0.1)


def test_nothing_sells_on_shut_days_and_shut_days_lower_nothing(contest):
    of, choice = contest
    shut = np.zeros((6, 140), dtype=bool)
    shut[:, 6::7] = True
    y = np.where(shut[:, :126], 0, of.history)
    made = fit(panel(y, closed=shut), choice)
    for name in BANDS:
        assert (getattr(made, name)[:, 6::7] == 0).all()
    assert made.mean[:, :6].mean() == pytest.approx(fit(of, choice).mean[:, :6].mean(), rel=0.1)


def test_what_somebody_expects_of_an_event_is_applied_where_it_is():
    y, _ = weekly_pattern()
    fair = np.arange(140) == 130
    event = Event("Street fair", fair, "own", np.arange(6) < 3, 1.5)
    plain, made = (fit(panel(y, events=events), alone("effects")).mean for events in ((), (event,)))
    assert made[:3, 4] == pytest.approx(1.5 * plain[:3, 4])
    assert made[3:] == pytest.approx(plain[3:])
    assert made[:3, 5] == pytest.approx(plain[:3, 5])


def test_an_event_that_comes_back_is_learned():
    y, _ = weekly_pattern(days=126)
    days = np.zeros(140)
    days[[15, 40, 65, 90, 115, 132]] = 1
    y[:, days[:126] > 0] *= 2.2
    made = fit(panel(y, events=(Event("Market", days),)), alone("effects")).mean
    plain = fit(panel(y), alone("effects")).mean
    assert made[:, 6].mean() > 1.5 * plain[:, 6].mean()


def test_it_steps_back_where_it_loses():
    """Four series on which the effects do well; on the fifth only repeating last week does."""
    actual = np.random.default_rng(3).uniform(20, 60, (4, 5, 7))
    near, far = actual * 1.05, actual * 1.5
    last = np.arange(5)[:, None] == 4
    folds = [
        {"naive": np.where(last, n, f), "effects": np.where(last, f, n), "trees": np.where(last, f, n * 1.01)}
        for n, f in zip(near, far, strict=True)
    ]
    made = decide(folds, actual)
    assert made.model[4] == "naive"
    assert "naive" not in made.model[:4]
    assert np.abs(made.mean - actual).sum() < np.abs(made.naive - actual).sum()
    missed = np.abs(np.stack([fold["effects"] for fold in folds]) - actual).sum()
    assert made.wape["effects"] == pytest.approx(missed / actual.sum(), abs=1e-4)


def test_a_model_serves_only_series_it_was_tried_on():
    """In a large panel models fitted one by one compete on some series: the others must not wait for them."""
    actual = np.random.default_rng(3).uniform(20, 60, (4, 5, 7))
    tried = np.arange(5)[:, None] < 2
    folds = [{"naive": of * 1.5, "effects": of * 1.2, "ets": np.where(tried, of * 1.01, np.nan)} for of in actual]
    made = decide(folds, actual)
    assert made.model == ("ets", "ets", "effects", "effects", "effects")
    assert made.usual == "effects"
    assert made.wape["ets"] == pytest.approx(0.01, abs=1e-4)


def test_a_new_product_sells_like_its_category_at_its_branch():
    known, _ = weekly_pattern(rows=8, level=30)
    known[4:] /= 10
    new = np.full((2, 126), np.nan)
    new[1, -3:] = 31
    made = fit(
        panel(np.vstack([known, new]), category=[1, 1, 1, 1, 2, 2, 2, 2, 1, 1], branch=[1] * 10), alone("effects")
    )
    assert made.mean[8].mean() == pytest.approx(made.mean[:4].mean(), rel=0.1)
    assert made.mean[9].mean() == pytest.approx(made.mean[:4].mean(), rel=0.2)
    assert_sound(made, (10, 14))


def test_totals_add_up(contest):
    of, choice = contest
    grouped = panel(of.y, branch=[1, 1, 1, 2, 2, 2], category=[7, 7, 8, 7, 8, 8])
    choice = choose(grouped)
    made = fit(grouped, choice)
    sums = totals(grouped, made, choice)
    rows = dict(zip(zip(sums.branch, sums.category, strict=True), sums.forecasts.mean, strict=True))
    assert set(rows) == {(1, 7), (1, 8), (2, 7), (2, 8), (1, None), (2, None), (None, None)}
    assert rows[1, 7] == pytest.approx(made.mean[:2].sum(axis=0), rel=1e-12)
    assert rows[1, None] == pytest.approx(rows[1, 7] + rows[1, 8], rel=1e-12)
    assert rows[None, None] == pytest.approx(made.mean.sum(axis=0), rel=1e-12)
    assert_sound(sums.forecasts, (7, 14))
    whole = sums.forecasts
    width = (whole.high80 - whole.low80)[-1].mean()
    assert width < 0.8 * (made.high80 - made.low80).sum(axis=0).mean(), "chance evens out in a sum"
    assert whole.scores[-1].wape < choice.overall.wape


def slow_intermittent(y, usable):
    """Teunter, Syntetos and Babai, one series and one step at a time."""
    sales = [of for of, known in zip(y, usable, strict=True) if known and of > 0]
    amount = sum(sales) / max(len(sales), 1)
    chance = (len(sales) + 0.5) / (sum(usable) + 5)
    for of, known in zip(y, usable, strict=True):
        if known:
            chance += 0.05 * ((of > 0) - chance)
            amount += 0.2 * (of - amount) if of > 0 else 0
    return chance * amount


def test_what_sells_seldom_is_forecast_at_once_as_one_by_one():
    draw = np.random.default_rng(5)
    y = np.where(draw.random((50, 90)) < 0.08, draw.integers(1, 5, (50, 90)), 0).astype(float)
    y[draw.random(y.shape) < 0.1] = np.nan
    of = panel(y)
    assert sparse.is_sparse(of).all()
    made = fit(of, choose(of))
    slow = [slow_intermittent(np.nan_to_num(row), np.isfinite(row)) for row in y]
    assert made.mean == pytest.approx(np.repeat(np.array(slow)[:, None], 14, axis=1))
    assert set(made.model) == {SELDOM}
    assert (made.high80 == np.rint(made.high80)).all(), "whole pieces"


def test_the_naive_repeats_the_last_known_of_each_weekday():
    y = np.arange(28, dtype=float)[None].copy()
    y[0, 25] = np.nan
    assert sparse.naive(panel(y, horizon=9))[0].tolist() == [21, 22, 23, 24, 18, 26, 27, 21, 22]


def test_the_level_follows_what_sold_lately():
    y = np.where(np.arange(140) < 100, 10.0, 20.0)[None]
    assert 15 < levels.level(panel(y), np.zeros((1, 154), dtype=np.float32))[0] < 20


def test_the_same_panel_gives_the_same_answer(contest):
    of, choice = contest
    again = choose(of)
    assert again.as_json() == choice.as_json()
    assert (fit(of, again).mean == fit(of, choice).mean).all()


def test_a_choice_survives_json(contest):
    of, choice = contest
    kept = Choice.from_json(json.loads(json.dumps(choice.as_json(), allow_nan=False)))
    made, again = fit(of, choice), fit(of, kept)
    for name in BANDS:
        assert (getattr(made, name) == getattr(again, name)).all()
    assert again.scores == made.scores


def test_a_product_the_contest_has_not_seen_is_forecast(contest):
    of, choice = contest
    more = panel(np.vstack([of.y, np.asarray(of.y)[:1] * 2]))
    made = fit(more, choice)
    assert made.mean[6].mean() == pytest.approx(80, rel=0.15)
    assert made.high80[6, 0] > made.mean[6, 0] > made.low80[6, 0] > 0
    assert made.scores[6].wape is None


@pytest.mark.parametrize("step", [1, 7])
@pytest.mark.parametrize("days", [1, 9, 40, 130])
def test_odd_histories_break_nothing(days, step):
    draw = np.random.default_rng(days)
    y = np.vstack(
        [
            np.full(days, np.nan),
            np.zeros(days),
            np.where(np.arange(days) == days - 1, 3.0, np.nan),
            draw.random(days) * 1e12,
            np.where(draw.random(days) < 0.9, np.nan, draw.random(days)),
            np.full(days, 5.0),
            np.where(np.arange(days) % 50 == 0, 1e6, 0.0),
            -np.ones(days),
            np.where(draw.random(days) < 0.5, np.inf, 2.0),
        ]
    )
    price = np.where(draw.random((9, days + 10)) < 0.3, np.nan, draw.random((9, days + 10)) - 0.1)
    of = panel(
        y,
        horizon=10,
        step=step,
        censored=draw.random(y.shape) < 0.2,
        closed=draw.random((9, days + 10)) < 0.1,
        promotion=draw.random((9, days + 10)) * (draw.random((9, days + 10)) < 0.1),
        price=price,
        events=(Event("Odd", draw.random(days + 10), "holiday"),),
        branch=np.arange(9) % 2,
        category=np.arange(9) % 3,
    )
    choice = choose(of)
    json.dumps(choice.as_json(), allow_nan=False)
    made = fit(of, choice)
    assert_sound(made, (9, 10))
    assert_sound(totals(of, made, choice).forecasts, (9, 10))
    assert (made.mean[[1, 7]] < 1e9).all()


def test_no_series_is_no_forecast():
    assert forecast(panel(np.zeros((0, 50)))).mean.shape == (0, 14)


def test_weeks_a_year_ago_tell_of_weeks_ahead():
    weeks = np.arange(130)
    peak = np.where(weeks % 52 == 50, 3.0, 1.0)
    y = np.array([100, 300, 50])[:, None] * peak[:120] * np.random.default_rng(2).normal(1, 0.03, (3, 120))
    # Weeks 98 to 110 hold no peak: the fourth week ahead of step 99 does.
    made = fit(panel(y[:, :99], horizon=8, step=7), alone("like last year"))
    assert made.mean[:, 3] / made.mean[:, [0, 6]].mean(axis=1) == pytest.approx(3, rel=0.25)
