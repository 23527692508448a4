"""What is known of every step, past and ahead: calendar, events, shut days, promotions and prices, as columns.

`special` columns are those that make a step unlike its like; the others are the plain calendar.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from insights.analyses.forecast.panel import Event, Flags, Floats, Ints, Panel, Singles

_KIND_SHIFTS = {1: (-3, -2, -1, 0, 1), 7: (0,)}
_NAME_SHIFTS = {1: (-1, 0), 7: (-1, 0, 1)}
_MONTH_PARTS = ((1, 3), (4, 7), (25, 27), (28, 31))
_YEAR = 365.25
_LEAST = np.float32(0.02)


@dataclass(frozen=True)
class Drivers:
    """Columns are made for some series at a time, so that a large panel never has all of them in memory."""

    panel: Panel

    @property
    def steps(self) -> int:
        return self.panel.steps + self.panel.horizon

    @cached_property
    def days(self) -> npt.NDArray[np.datetime64]:
        first = np.datetime64(self.panel.first, "D")
        return first + np.arange(self.steps) * self.panel.step

    @cached_property
    def year_day(self) -> Singles:
        since = (self.days - self.days.astype("datetime64[Y]")).astype(int)
        return np.asarray(since + 1 + self.panel.step / 2, dtype=np.float32)

    @cached_property
    def month_day(self) -> Ints:
        return np.asarray((self.days - self.days.astype("datetime64[M]")).astype(int) + 1, dtype=np.int64)

    @cached_property
    def weekday(self) -> Ints:
        return np.asarray((self.days.astype(int) + 3) % 7, dtype=np.int64)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return (*(f"calendar {at}" for at in range(self.calendar.shape[1])), *self._special_names)

    @cached_property
    def is_special(self) -> Flags:
        return np.array([not name.startswith("calendar ") for name in self.names], dtype=bool)

    @cached_property
    def is_own(self) -> Flags:
        """What a series of a large panel has its own answer for."""
        plain = len(self._waves())
        of_kinds = {f"{event.kind} +0" for event in self.learned} | {
            f"{e.name} +0" for e in self.learned if e.kind == "own"
        }
        rest = ("shut", "promotion", "price")
        named = [name in of_kinds or name.startswith(rest) for name in self._special_names]
        weekday = [plain <= at < plain + 7 and self.panel.step == 1 for at in range(self.calendar.shape[1])]
        return np.array([*weekday, *named], dtype=bool)

    def of(self, rows: Ints) -> Singles:
        """rows x (T + H) x columns."""
        plain = np.broadcast_to(self.calendar, (rows.size, *self.calendar.shape))
        special = self._special(rows)
        return np.concatenate([plain, special], axis=2, dtype=np.float32)

    @cached_property
    def calendar(self) -> Singles:
        """(T + H) x columns: waves of the year where the past is longer than one, weekdays, parts of the month."""
        columns = self._waves()
        if self.panel.step == 1:
            columns += [_ones(self.weekday == day) for day in range(7)]
            columns += [_ones((self.month_day >= low) & (self.month_day <= high)) for low, high in _MONTH_PARTS]
        else:
            of_month = (self.month_day[:, None] + np.arange(7)) % 31
            columns += [(of_month <= 7).mean(axis=1), (of_month >= 25).mean(axis=1)]
        return np.stack(columns, axis=1).astype(np.float32)

    def _waves(self) -> list[Singles]:
        if self.panel.steps * self.panel.step < 1.15 * _YEAR:
            return []
        turn = 2 * np.pi * self.year_day / _YEAR
        waves = range(1, 5 if self.panel.step == 1 else 4)
        columns = [wave(number * turn) for number in waves for wave in (np.sin, np.cos)]
        if self.panel.step == 1:
            to_go = 358 - self.year_day  # to Christmas
            columns += [(to_go >= low) & (to_go <= high) for low, high in ((1, 7), (8, 14), (15, 24))]
        return [np.asarray(column, dtype=np.float32) for column in columns]

    @cached_property
    def learned(self) -> tuple[Event, ...]:
        """Events without a figure of somebody's, of names that the past has seen."""
        past = self.panel.steps
        open_ = [event for event in self.panel.events if event.effect is None]
        seen = {event.name for event in open_ if np.asarray(event.days)[:past].any()}
        return tuple(event for event in open_ if event.name in seen)

    @cached_property
    def _event_columns(self) -> tuple[tuple[str, tuple[Event, ...], int], ...]:
        """Name, events and shift of each column; kinds with a single name need none of their own."""
        step = self.panel.step
        of_name: dict[str, list[Event]] = {}
        of_kind: dict[str, list[Event]] = {}
        for event in self.learned:
            of_name.setdefault(event.name, []).append(event)
            of_kind.setdefault(event.kind, []).append(event)
        columns = []
        for kind, events in of_kind.items():
            if kind != "own":
                shifts = _KIND_SHIFTS[step] if kind == "holiday" else (0,)
                columns += [(f"{kind} {shift:+d}", tuple(events), shift) for shift in shifts]
        for name, events in of_name.items():
            kind = events[0].kind
            if kind == "own" or len({event.name for event in of_kind[kind]}) > 1:
                shifts = (0,) if kind in {"own", "school"} else _NAME_SHIFTS[step]
                columns += [(f"{name} {shift:+d}", tuple(events), shift) for shift in shifts]
        return tuple(columns)

    @cached_property
    def _special_names(self) -> tuple[str, ...]:
        names = [name for name, _, _ in self._event_columns]
        if self._may_shut:
            names += ["shut tomorrow", "shut yesterday", "opened after a while", "shuts for a while"]
        if self.has_promotions:
            names += ["promotion", "promotion depth"]
            names += [f"promotion weekday {day}" for day in range(6)] if self.panel.step == 1 else []
        if self.has_prices:
            names.append("price")
        return tuple(names)

    @cached_property
    def _may_shut(self) -> bool:
        return self.panel.step == 1 and bool(self.panel.shut.any())

    @cached_property
    def has_promotions(self) -> bool:
        return self.panel.promotion is not None and bool(self.panel.promoted.any())

    @cached_property
    def has_prices(self) -> bool:
        return self.panel.price is not None and bool(np.isfinite(self.panel.priced).any())

    def _special(self, rows: Ints) -> Singles:
        columns = [shifted(self.event_rows(events, rows), shift) for _, events, shift in self._event_columns]
        if self._may_shut:
            columns += self._shut_columns(rows)
        if self.has_promotions:
            off = self.panel.promoted[rows]
            on = (off > 0).astype(np.float32)
            columns += [on, off]
            columns += [on * (self.weekday == day) for day in range(6)] if self.panel.step == 1 else []
        if self.has_prices:
            columns.append(relative(self.panel.priced[rows]))
        if not columns:
            return np.zeros((rows.size, self.steps, 0), dtype=np.float32)
        return np.stack(columns, axis=2).astype(np.float32)

    def _shut_columns(self, rows: Ints) -> list[Singles]:
        shut = self.panel.shut[rows].astype(np.float32)
        week = np.stack([shifted(shut, by) for by in range(1, 8)]).sum(axis=0)
        ahead = np.stack([shifted(shut, -by) for by in range(1, 8)]).sum(axis=0)
        return [shifted(shut, -1), shifted(shut, 1), (week >= 3) * 1.0, (ahead >= 3) * 1.0]

    def event_rows(self, events: tuple[Event, ...], rows: Ints) -> Singles:
        """rows x (T + H): how much of the step is one of the events, for those whom it concerns."""
        found = np.zeros((rows.size, self.steps), dtype=np.float32)
        for event in events:
            here = slice(None) if event.series is None else np.asarray(event.series, dtype=bool)[rows]
            found[here] = np.maximum(found[here], np.asarray(event.days, dtype=np.float32))
        return found

    def expected(self, rows: Ints) -> Singles:
        """rows x (T + H): the log factor of events that somebody put a figure on."""
        log = np.zeros((rows.size, self.steps), dtype=np.float32)
        for event in self.panel.events:
            if event.effect is not None:
                factor = 1 + (max(event.effect, 0.0) - 1) * np.asarray(event.days, dtype=np.float32)
                here = slice(None) if event.series is None else np.asarray(event.series, dtype=bool)[rows]
                log[here] += np.log(np.maximum(factor, _LEAST))
        return log


def _ones(flags: Flags) -> Singles:
    return flags.astype(np.float32)


def shifted(rows: Singles, by: int) -> Singles:
    """The rows moved by some steps: -1 says of a step what the next one is. Nothing is known beyond the ends."""
    moved = np.zeros_like(rows)
    if by == 0:
        moved[:] = rows
    elif by < 0:
        moved[:, :by] = rows[:, -by:]
    else:
        moved[:, by:] = rows[:, :-by]
    return moved


def relative(price: Singles) -> Singles:
    """The log of a price over the series' middle one; 0 where unknown."""
    filled = np.where(np.isnan(price), np.float32(np.inf), price)
    known = np.isfinite(filled).sum(axis=1)
    place = np.maximum(known - 1, 0) // 2
    middle = np.sort(filled, axis=1)[np.arange(len(price)), place]
    middle = np.where(np.isfinite(middle), middle, np.float32(1))
    return np.asarray(np.clip(np.nan_to_num(np.log(price / middle[:, None])), -2, 2), dtype=np.float32)


def levels_around(panel: Panel, known: Flags, width: int) -> Floats:
    """n x T: the mean of known steps up to `width` away; 0 where there are none."""
    amounts = np.where(known, np.nan_to_num(panel.history), 0)
    at = np.arange(panel.steps)
    low, high = np.maximum(at - width, 0), np.minimum(at + width + 1, panel.steps)
    sums = []
    for rows in (amounts, known):
        total = np.zeros((panel.count, panel.steps + 1))
        np.cumsum(rows, axis=1, out=total[:, 1:])
        sums.append(total[:, high] - total[:, low])
    return np.asarray(np.where(sums[1] > 0, sums[0] / np.maximum(sums[1], 1), 0))
