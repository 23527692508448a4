"""The days and months of a few languages, and the numbers people write out."""

from __future__ import annotations

_WEEKDAYS = """
monday mon segunda segunda-feira lunes montag lundi
tuesday tue tues terça terça-feira martes dienstag mardi
wednesday wed quarta quarta-feira miércoles mittwoch mercredi
thursday thu thur thurs quinta quinta-feira jueves donnerstag jeudi
friday fri sexta sexta-feira viernes freitag vendredi
saturday sat sábado samstag sonnabend samedi
sunday sun domingo sonntag dimanche
"""
_MONTHS = """
january jan janeiro enero januar janvier
february feb fevereiro febrero februar février
march mar março marzo märz mars
april apr abril avril
may maio mayo mai
june jun junho junio juni juin
july jul julho julio juli juillet
august aug agosto août
september sep sept setembro septiembre septembre
october oct outubro octubre oktober octobre
november nov novembro noviembre novembre
december dec dezembro diciembre dezember décembre
"""
_NUMBERS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"


def _places(lines: str) -> dict[str, int]:
    return {word: place for place, line in enumerate(lines.split("\n")[1:-1]) for word in line.split()}


WEEKDAYS = _places(_WEEKDAYS)
MONTHS = {word: place + 1 for word, place in _places(_MONTHS).items()}
NUMBERS = {word: number for number, word in enumerate(_NUMBERS.split(), start=1)} | {"a": 1, "an": 1, "few": 3}


def any_of(words: dict[str, int]) -> str:
    """A pattern for any of the words, the longest first."""
    return "|".join(sorted(map(str, words), key=len, reverse=True))
