"""Charts: the drawing, the figure and the table tell the same numbers, and nothing needs a style attribute."""

import json
import re
import xml.etree.ElementTree as ET
from datetime import date, timedelta
from decimal import Decimal as D
from itertools import pairwise

import plotly.graph_objects as go
import pytest
from django.core.serializers.json import DjangoJSONEncoder
from hypothesis import given
from hypothesis import strategies as st

from insights import charts
from insights.charts import figures, svg

DAYS = [date(2026, 11, 1) + timedelta(i) for i in range(5)]
NOW = [D("10.10"), D("20.20"), None, D("40.40"), D("5.05")]
USUAL = [D(12), D(18), D(30), D(33), D(35)]

amounts = st.decimals(min_value=-(10**6), max_value=10**6, places=2)


def a_line(**changes):
    settings = {"compare": charts.Series("Usual", USUAL), "unfinished": True, "today": DAYS[-1]} | changes
    return charts.line("Net sales", DAYS, [charts.Series("Net sales", NOW)], charts.money("GBP"), **settings)


def texts(drawing):
    return [node.text for node in ET.fromstring(drawing).iter("text")]


def all_charts():
    bars = charts.bars("Hours", ["08", "09"], charts.Series("Baskets", [3, 9]), charts.count(), first="Hour")
    return [a_line(), bars]


@pytest.mark.parametrize("chart", all_charts())
def test_every_chart_is_well_formed_named_and_free_of_style_attributes(chart):
    root = ET.fromstring(chart.svg)
    assert root.get("role") == "img"
    assert chart.summary in root.get("aria-label")
    assert not re.search(r"\sstyle=|<script|<style", chart.svg)


@pytest.mark.parametrize("chart", all_charts())
def test_figures_are_what_plotly_accepts_with_colours_as_tokens(chart):
    text = json.dumps(chart.figure, cls=DjangoJSONEncoder)
    assert {trace["type"] for trace in chart.figure["data"]} <= {"scatter", "bar"}
    assert not re.search(r'"#|rgb\(', text)
    go.Figure(json.loads(re.sub(r'"--[\w-]+"', '"black"', text)))


def test_the_table_holds_exact_amounts_and_a_gap_is_unknown_not_zero():
    chart = a_line()
    assert chart.columns == ("Day", "Net sales", "Usual")
    assert chart.rows[0] == ("Sun 1 Nov", "£10.10", "£12.00")
    assert chart.rows[2] == ("Tue 3 Nov", "–", "£30.00")


def test_a_gap_breaks_the_line_in_figure_and_drawing():
    chart = a_line(unfinished=False, compare=None)
    assert chart.figure["data"][0]["y"][2] is None
    assert len(re.findall('class="l c1"', chart.svg)) == 2


def test_an_unfinished_step_is_dashed_and_does_not_count_as_the_least():
    chart = a_line()
    done, so_far = chart.figure["data"][1:]
    assert done["y"][-1] is None
    assert so_far["y"] == [None, None, None, 40.4, 5.05]
    assert so_far["line"]["dash"] == "dash"
    assert "c1 open" in chart.svg
    assert "least £10.10 (Sun 1 Nov)" in chart.summary


def test_comparison_is_dotted_grey_and_drawn_below():
    first = a_line().figure["data"][0]
    assert (first["name"], first["line"]["color"], first["line"]["dash"]) == ("Usual", "--chart-muted", "dot")


def test_money_axes_begin_at_zero_and_reach_the_largest():
    low, high = a_line().figure["layout"]["yaxis"]["range"]
    assert low == 0
    assert high >= 40.4


def test_points_and_rows_lead_to_the_same_place():
    links = [f"/lines/?day={day}" for day in DAYS]
    chart = a_line(links=links)
    assert [row["url"] for row in chart.table] == links
    assert chart.figure["data"][1]["customdata"] == links


def test_names_from_data_cannot_become_markup():
    chart = charts.line("<b>x</b>", DAYS[:2], [charts.Series("<i>", [1, 2])], charts.count())
    assert "<b>" not in chart.svg
    assert "<i>" not in chart.svg


def test_a_fifth_series_is_refused():
    with pytest.raises(ValueError, match="Other"):
        charts.line("x", DAYS, [charts.Series(str(i), USUAL) for i in range(5)], charts.count())


def test_nothing_known_still_makes_a_chart():
    empty = charts.line("Net sales", DAYS, [charts.Series("Net sales", [None] * 5)], charts.money("EUR"))
    assert "Nothing is known" in empty.summary
    assert ET.fromstring(empty.svg) is not None
    none = charts.line("Net sales", [], [charts.Series("Net sales", [])], charts.money("EUR"), today=DAYS[0])
    assert none.rows == ()


@given(st.lists(amounts | st.none(), min_size=1, max_size=40))
def test_axis_steps_are_even_hold_zero_and_every_value(values):
    ticks = [value for value, _ in figures.y_ticks(values, charts.money("GBP"))]
    known = [float(v) for v in values if v is not None]
    assert 0 in ticks
    assert 2 <= len(ticks) <= 10
    assert ticks[0] <= min([0, *known])
    assert ticks[-1] >= max([0, *known]) - 1e-6
    gaps = [b - a for a, b in pairwise(ticks)]
    assert max(gaps) - min(gaps) < 1e-6 * max(gaps)


@given(st.lists(amounts | st.none(), max_size=40), amounts | st.none())
def test_sparks_stay_inside_their_box(values, usual):
    drawing = svg.spark(values, usual, "Sales")
    if not any(v is not None for v in values):
        assert drawing == ""
        return
    for shape in ET.fromstring(drawing).iter("polyline"):
        for point in shape.get("points").split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= 160
            assert 0 <= y <= 36


@given(st.lists(st.tuples(st.text(min_size=1), amounts), min_size=1, max_size=30), st.integers(1, 8))
def test_changes_add_up_to_the_whole_and_fit(parts, most):
    shown = charts.changes([(name, value, "") for name, value in parts], lambda v: str(v), most=most)
    assert len(shown) <= most
    assert sum(D(change.text) for change in shown) == sum(value for _, value in parts)
    assert all(change.less == (D(change.text) < 0) for change in shown)


def test_change_bars_go_right_for_more_and_left_for_less():
    more, less = (ET.fromstring(svg.diverging(D(v), D(100))).find("rect") for v in (50, -100))
    assert (more.get("x"), more.get("width"), more.get("class")) == ("50%", "25%", "more")
    assert (less.get("x"), less.get("width"), less.get("class")) == ("0%", "50%", "less")


def test_heat_shades_run_from_nothing_to_the_largest_and_link_only_to_something():
    heat = charts.heat(
        "When", ["08", "09", "10"], [("Mon", [D(0), D(1), D(90)])], str, url=lambda row, column: f"/{row}/{column}"
    )
    assert [(c.shade, c.url) for c in heat.rows[0].cells] == [("h0", ""), ("h1", "/Mon/09"), ("h9", "/Mon/10")]
    assert heat.rows[0].cells[2].title == "Mon 10: 90"


def test_the_busiest_hour_is_solid_and_noted():
    drawing = svg.hours([1, 7, 0, 3], ["08", "09", "10", "11"], note="7", label="Baskets by hour")
    classes = [node.get("class") for node in ET.fromstring(drawing).iter("rect")]
    assert classes == ["bar pale", "bar peak", "bar pale"]
    assert "7" in texts(drawing)


def test_months_and_weeks_are_named_as_such():
    assert figures.step_name(date(2026, 11, 1), "month", DAYS[0]) == "November 2026"
    assert figures.step_name(date(2025, 12, 29), "week", DAYS[0]) == "Week of 29 Dec 2025"


# --- What was sold and what is expected ----------------------------------------------------------------------------


def a_fan(sold=(D(3), None, D(5)), **changes):
    expected = charts.Expected(*([D(value)] * 2 for value in (4, 3, 5, 1, 8)))
    spans = [charts.Span("promo", DAYS[0] - timedelta(9), DAYS[1]), charts.Span("out", DAYS[1], DAYS[1])]
    settings = {"spans": spans, "summary": "About 4 a day."} | changes
    return charts.fan("Milk", DAYS[0], list(sold), expected, charts.count(), **settings)


def test_a_fan_joins_what_was_sold_to_what_is_expected():
    chart = a_fan()
    assert chart.rows[0] == ("Sun 1 Nov", "3", "", "", "")
    assert chart.rows[1][1] == "–", "a day nothing is known of is a gap, not zero"
    assert chart.rows[3] == ("Wed 4 Nov", "", "4", "3 to 5", "1 to 8")
    assert [words for _, words in chart.legend][-2:] == ["Promotion", "Out of stock"]
    root = ET.fromstring(chart.svg)
    assert len(list(root.iter("polygon"))) == 2 and len(list(root.iter("rect"))) == 2
    assert all(float(rect.get("x")) >= 0 for rect in root.iter("rect")), "shading stays on the chart"
    assert not re.search(r"\sstyle=", chart.svg)


def test_a_fan_is_a_figure_plotly_takes_with_colours_as_tokens():
    text = json.dumps(a_fan().figure, cls=DjangoJSONEncoder)
    assert not re.search(r'"#|rgb\(', text)
    go.Figure(json.loads(re.sub(r'"--[\w-]+"', '"black"', text)))


def test_a_product_never_sold_has_a_fan_too():
    assert len(a_fan(sold=[None] * 3, spans=[]).rows) == 5


def test_projected_stock_is_never_drawn_below_nothing():
    drawing = charts.projection(
        ["Sat", "Sun", "Mon"], [D(31), D(9), D(-12)], [D(31), D(2), D(-30)], [D(31), D(17), D(5)], charts.count(),
        delivery=2, label="Stock",
    )  # fmt: skip
    heights = [
        float(point.split(",")[1])
        for shape in ET.fromstring(drawing).iter("polyline")
        for point in shape.get("points").split()
    ]
    assert max(heights) <= 100
    assert ET.fromstring(drawing).get("aria-label") == "Stock"
