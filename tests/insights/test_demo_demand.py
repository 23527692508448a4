"""What is hidden in the demo can be found again in its sales."""

import datetime as dt

import numpy as np
import pytest

from insights.demo import prices
from insights.demo.chance import Flags, Floats, poisson, stream
from insights.demo.customers import visits_in
from insights.demo.grocer import BranchStory, Demo, build

TODAY = dt.date(2026, 6, 15)


@pytest.fixture(scope="module")
def medium() -> Demo:
    return build("medium", TODAY)


def daily_units(demo: Demo, story: BranchStory) -> Floats:
    """Units sold, refunds aside: products x days."""
    lines = story.sold.lines
    units = np.zeros((len(demo.products), len(demo.calendar.days)))
    kept = lines.quantity > 0
    np.add.at(units, (lines.product[kept], lines.day[kept]), lines.quantity[kept] / 1000)
    return units


def takings(demo: Demo, story: BranchStory) -> Floats:
    return np.bincount(story.sold.lines.day, story.sold.money.total, len(demo.calendar.days)) / 100


def ordinary_days(demo: Demo, story: BranchStory) -> Flags:
    """Days on which a product was on sale, in stock and not promoted: products x days."""
    percent, _ = prices.promotion_grids(demo.promotions, story.branch, *demo.shelf_prices.shape)
    ordinary: Flags = (percent == 0) & demo.calendar.open_days(story.branch)
    ordinary[story.stocked.outs.product, story.stocked.outs.day] = False
    return ordinary


def fitted_elasticity(units: Floats, price: Floats, weekday: Floats, years: Floats) -> float:
    """Slope of log units on log price over the price's steps, each weekday and time of the year taken out first."""
    level = (
        units
        / np.array([units[weekday == day].mean() if (weekday == day).any() else 1 for day in range(7)])[
            weekday.astype(int)
        ]
    )
    points, weights, rows = [], [], []
    for step in np.unique(np.stack((price, np.floor(years * 12))), axis=1).T:
        same = (price == step[0]) & (np.floor(years * 12) == step[1])
        if level[same].mean() > 0 and same.sum() >= 5:
            angle = 2 * np.pi * years[same].mean()
            points.append(np.log(level[same].mean()))
            weights.append(np.sqrt(same.sum()))
            rows.append([np.log(step[0]), 1, np.sin(angle), np.cos(angle)])
    weight = np.array(weights)
    found = np.linalg.lstsq(np.array(rows) * weight[:, None], np.array(points) * weight, rcond=None)[0]
    return float(found[0])


def test_price_elasticities_can_be_found_again(medium: Demo) -> None:
    story = medium.branches[0]
    units, ordinary = daily_units(medium, story), ordinary_days(medium, story)
    weekday = np.array(medium.calendar.weekdays, dtype=float)
    busiest = np.argsort(-units.sum(axis=1))[:40]
    found = np.array(
        [
            fitted_elasticity(
                units[product][ordinary[product]],
                medium.shelf_prices[product][ordinary[product]].astype(float),
                weekday[ordinary[product]],
                medium.calendar.years[ordinary[product]],
            )
            for product in busiest
        ]
    )
    hidden = medium.nature.elasticity[busiest]
    assert abs(np.median(found - hidden)) < 0.25
    assert np.median(np.abs(found - hidden)) < 0.4
    assert np.corrcoef(found, hidden)[0, 1] > 0.6


def test_promotions_sell_about_as_much_more_as_the_truth_says(medium: Demo) -> None:
    sold = wanted = 0.0
    for story in medium.branches:
        units, ordinary = daily_units(medium, story), ordinary_days(medium, story)
        usual = np.where(ordinary, units, 0).sum(axis=1) / np.maximum(ordinary.sum(axis=1), 1)
        is_open = medium.calendar.open_days(story.branch)
        for offer in medium.promotions:
            if offer.branch in (None, story.branch.name):
                window = slice(offer.first, offer.last + 1)
                uplift = offer.display * (1 - offer.percent / 100) ** medium.nature.elasticity[offer.product]
                sold += units[offer.product, window].sum()
                wanted += usual[offer.product] * is_open[window].sum() * uplift
    assert 0.8 < sold / wanted < 1.1


def test_weeks_have_their_shape(medium: Demo) -> None:
    for story in medium.branches:
        weekday = np.array(medium.calendar.weekdays)
        is_open = medium.calendar.open_days(story.branch)
        money = takings(medium, story)
        usual = np.array(
            [money[is_open & (weekday == day)].mean() if story.branch.week[day] else 0 for day in range(7)]
        )
        assert np.corrcoef(usual, story.branch.week)[0, 1] > 0.9


def test_christmas_is_busy_and_the_street_fair_too(medium: Demo) -> None:
    high_street = medium.branches[0]
    money = dict(zip(medium.calendar.days, takings(medium, high_street), strict=True))
    assert money[dt.date(2025, 12, 25)] == 0
    before = sum(money[dt.date(2025, 12, day)] for day in range(18, 25))
    usual = sum(money[dt.date(2025, 11, day)] for day in range(6, 13))
    assert before > 1.2 * usual
    fair = next(event for event in medium.calendar.events if event.branch == "High Street")
    weeks = [money[fair.first + dt.timedelta(days=7 * away)] for away in (-2, -1, 1, 2)]
    assert money[fair.first] > 1.2 * sum(weeks) / 4


def test_drifting_customers_come_less_and_less(medium: Demo) -> None:
    came = np.zeros((len(medium.customers), 2))
    for story in medium.branches:
        receipts = story.sold.receipts
        known = receipts.customer >= 0
        for number, day in zip(receipts.customer[known], receipts.day[known], strict=True):
            turn = medium.customers[number].drifts_from
            if turn:
                after = medium.calendar.days[day] >= turn + dt.timedelta(days=56)
                came[number, int(after)] += 1
    kinds = np.array([one.kind for one in medium.customers])
    assert came[kinds == "gone", 1].sum() < 10
    drifting = [one for one in medium.customers if one.kind == "drifting"]
    assert came[kinds == "drifting", 0].sum() > 2 * came[kinds == "drifting", 1].sum() > 0
    assert all(visits_in(one, TODAY) < one.visits_a_week / 2 for one in drifting)


def test_loyal_customers_come_most(medium: Demo) -> None:
    visits = np.zeros(len(medium.customers))
    for story in medium.branches:
        np.add.at(visits, story.sold.receipts.customer[story.sold.receipts.customer >= 0], 1)
    kinds = np.array([one.kind for one in medium.customers])
    means = [visits[kinds == kind].mean() for kind in ("loyal", "steady", "occasional")]
    assert means[0] > 1.5 * means[1] > 3 * means[2]


def test_chance_has_the_means_it_promises() -> None:
    rate = np.full(200_000, 3.5)
    drawn = poisson(rate, stream("test"))
    assert abs(drawn.mean() - 3.5) < 0.02
    assert abs(drawn.var() - 3.5) < 0.05
    assert poisson(np.zeros(5), stream("test")).sum() == 0
