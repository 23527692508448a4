"""Countries with what a shop there starts with: currency, time zone, regions that have holidays of their own.

Names and zones are the tz database's own lists; only the currencies are written down here.
"""

import importlib.resources
from dataclasses import dataclass
from functools import cache

import holidays

# A currency, then the countries that use it.
_CURRENCIES = """
AED AE; AFN AF; ALL AL; AMD AM; AOA AO; ARS AR; AUD AU CC CX HM KI NF NR TV; AWG AW; AZN AZ; BAM BA; BBD BB; BDT
BD; BHD BH; BIF BI; BMD BM; BND BN; BOB BO; BRL BR; BSD BS; BTN BT; BWP BW; BYN BY; BZD BZ; CAD CA; CDF CD; CHF CH LI;
CLP CL; CNY CN; COP CO; CRC CR; CUP CU; CVE CV; CZK CZ; DJF DJ; DKK DK FO GL; DOP DO; DZD DZ; EGP EG; ERN ER;
ETB ET; EUR AD AT AX BE BG BL CY DE EE ES FI FR GF GP GR HR IE IT LT LU LV MC ME MF MQ MT NL PM PT RE SI SK SM
VA XK YT TF; FJD FJ; FKP FK; GBP GB GG GS IM JE; GEL GE; GHS GH; GIP GI; GMD GM; GNF GN; GTQ GT; GYD GY; HKD HK;
HNL HN; HTG HT; HUF HU; IDR ID; ILS IL PS; INR IN; IQD IQ; IRR IR; ISK IS; JMD JM; JOD JO; JPY JP; KES KE; KGS
KG; KHR KH; KMF KM; KPW KP; KRW KR; KWD KW; KYD KY; KZT KZ; LAK LA; LBP LB; LKR LK; LRD LR; LSL LS; LYD LY; MAD EH MA;
MDL MD; MGA MG; MKD MK; MMK MM; MNT MN; MOP MO; MRU MR; MUR MU; MVR MV; MWK MW; MXN MX; MYR MY; MZN MZ; NAD NA;
NGN NG; NIO NI; NOK BV NO SJ; NPR NP; NZD CK NU NZ PN TK; OMR OM; PAB PA; PEN PE; PGK PG; PHP PH; PKR PK; PLN
PL; PYG PY; QAR QA; RON RO; RSD RS; RUB RU; RWF RW; SAR SA; SBD SB; SCR SC; SDG SD; SEK SE; SGD SG; SHP SH; SLE
SL; SOS SO; SRD SR; SSP SS; STN ST; SYP SY; SZL SZ; THB TH; TJS TJ; TMT TM; TND TN; TOP TO; TRY TR; TTD TT; TWD
TW; TZS TZ; UAH UA; UGX UG; USD AS BQ EC FM GU IO MH MP PR PW SV TC TL UM US VG VI; UYU UY; UZS UZ; VES VE; VND
VN; VUV VU; WST WS; XAF CF CG CM GA GQ TD; XCD AG AI DM GD KN LC MS VC; XCG CW SX; XOF BF BJ CI GW ML NE SN TG;
XPF NC PF WF; YER YE; ZAR ZA; ZMW ZM; ZWG ZW
"""
# Where people write 3,50.
_DECIMAL_COMMA = """
AD AL AM AO AR AT AX AZ BA BE BG BO BR BY CL CM CO CR CU CV CY CZ DE DK DZ EC EE ES FI FO FR GE GF GL GP GR GW HR HU ID
IS IT KG KZ LT LU LV MA MC MD ME MK MN MQ MZ NL NO PL PM PT PY RE RO RS RU SE SI SJ SK SM SN SR ST TF TL TM TN TR UA UY
UZ VA VE VN XK YT ZA
"""
_BY_CURRENCY = {words[0]: words[1:] for words in map(str.split, _CURRENCIES.split(";"))}
_CURRENCY_OF = {country: currency for currency, users in _BY_CURRENCY.items() for country in users}


@dataclass(frozen=True)
class Country:
    """A country by its ISO code. `currency` is empty where we do not know it; `zone` is its most populous one."""

    code: str
    name: str
    currency: str
    zone: str


@cache
def countries() -> dict[str, Country]:
    """Every country that has a time zone, by code, in the order of the names."""
    zones: dict[str, str] = {}
    for code, _, zone, *_ in _rows("zone.tab"):
        zones.setdefault(code, zone)
    named = sorted(_rows("iso3166.tab"), key=lambda row: row[1])
    return {code: Country(code, name, _CURRENCY_OF.get(code, ""), zones[code]) for code, name in named if code in zones}


def writes_decimal_comma(country: str) -> bool:
    """Whether people there write 3,50, and their spreadsheets read it."""
    return country in _DECIMAL_COMMA.split()


def currencies() -> list[str]:
    """The currencies offered to choose from. Any other ISO code may be given to create_shop."""
    return sorted(_BY_CURRENCY)


@cache
def regions(country: str) -> dict[str, str]:
    """A country's regions that keep holidays of their own: code and name, in the order of the names."""
    if country not in holidays.list_supported_countries():
        return {}
    names = holidays.country_holidays(country).get_subdivision_aliases()
    named = {code: (names.get(code) or [code])[0] for code in holidays.list_supported_countries()[country]}
    return dict(sorted(named.items(), key=lambda entry: entry[1]))


def _rows(table: str) -> list[list[str]]:
    text = (importlib.resources.files("tzdata") / "zoneinfo" / table).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
