"""What a shop starts with in each country."""

import zoneinfo

from shop import countries


def test_country_brings_its_currency_and_zone() -> None:
    portugal, britain = countries.countries()["PT"], countries.countries()["GB"]
    assert (portugal.currency, portugal.zone) == ("EUR", "Europe/Lisbon")
    assert (britain.currency, britain.zone) == ("GBP", "Europe/London")


def test_every_country_can_be_chosen_whole() -> None:
    known = zoneinfo.available_timezones()
    for country in countries.countries().values():
        assert country.zone in known, country
        assert country.currency in countries.currencies() or country.code == "AQ", country


def test_regions_are_named() -> None:
    assert countries.regions("GB")["SCT"] == "Scotland"
    assert countries.regions("ZZ") == {}
