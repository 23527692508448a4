"""The demo shop itself: its branches, their hours, tills and people, and how their weeks go."""

from dataclasses import dataclass

SHOP_NAME = "Hollins & Daughter"
CURRENCY, ZONE, COUNTRY, REGION = "GBP", "Europe/London", "GB", "ENG"

Hours = tuple[int, int]


@dataclass(frozen=True)
class Branch:
    """One branch. Weeks start on Monday; hours are minutes after midnight; a factor of 0 is a closed day."""

    name: str
    lines_a_day: float
    week: tuple[float, ...]
    hours: tuple[Hours | None, ...]
    tills: tuple[str, ...]
    cashiers: tuple[str, ...]
    lines_a_basket: float
    growth: float
    rush: tuple[tuple[float, float, float], ...]  # hour, how wide in hours, how strong
    without: tuple[str, ...] = ()  # categories it does not stock


HIGH_STREET = Branch(
    "High Street",
    lines_a_day=412.0,
    week=(0.88, 0.86, 0.92, 1.00, 1.18, 1.32, 0.84),
    hours=((450, 1200),) * 6 + ((600, 960),),
    tills=("Till 1", "Till 2", "Till 3"),
    cashiers=("Priya", "Tom", "Agnieszka", "Malcolm", "Bethan", "Joe"),
    lines_a_basket=5.4,
    growth=0.02,
    rush=((10.5, 1.6, 1.0), (13.0, 1.0, 0.7), (17.3, 1.3, 1.1)),
)
STATION_ROAD = Branch(
    "Station Road",
    lines_a_day=352.0,
    week=(1.05, 1.06, 1.08, 1.10, 1.14, 0.57, 0.0),
    hours=((390, 1260),) * 5 + ((480, 1200), None),
    tills=("Till 1", "Till 2"),
    cashiers=("Farida", "Liam", "Grace", "Oliver"),
    lines_a_basket=4.6,
    growth=0.06,
    rush=((8.0, 0.8, 1.1), (12.8, 0.8, 0.6), (18.0, 1.3, 1.5)),
    without=("FIS", "DEL"),
)


@dataclass(frozen=True)
class Size:
    """How much of the shop is made."""

    name: str
    days: int
    customers: int
    branches: tuple[Branch, ...]
    volume: float  # of the full lines a day


SIZES = {
    "small": Size("small", 200, 110, (HIGH_STREET,), 0.4),
    "medium": Size("medium", 730, 640, (HIGH_STREET, STATION_ROAD), 1.0),
}
