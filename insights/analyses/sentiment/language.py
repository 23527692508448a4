"""Which language a short text is in: by its script, else by its small words and its groups of letters.

The groups are counted in our own sentences (anchors.txt, lines.txt). Empty where it cannot be told.
"""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from importlib import resources

_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
)
_SMALL_WORDS = {
    "en": "the a an and is was are were it its this that of to for with not very my i you they have had but on at in so"
    " be been will would good great bad love no always never from we there as me just too what all",
    "es": "el la los las un una y es fue está son muy que de del en con para por no pero lo le mi me se siempre nunca"
    " bien bueno buena todo más como ya",
    "fr": "le la les un une des et est était sont très que de du en avec pour par pas mais ne je il elle nous vous"
    " toujours jamais bien bon bonne tout plus ce cette c j on rien",
    "de": "der die das ein eine und ist war sind sehr dass von zu im mit für nicht aber ich es wir sie immer nie gut"
    " auch nur noch den dem auf wie schon kein keine",
    "it": "il lo la gli le un una e è era sono molto che di del in con per non ma mi si sempre mai bene buono buona"
    " tutto più questo questa ho anche",
    "pt": "o a os as um uma e é foi são muito que de do da em com para por não mas eu se sempre nunca bem bom boa tudo"
    " mais este esta na no já está",
    "nl": "de het een en is was zijn zeer heel dat van te in met voor niet maar ik je we ze altijd nooit goed ook nog"
    " er op aan geen wel",
    "pl": "i jest był była są bardzo że z w na do nie ale się zawsze nigdy dobry dobra to jak już tylko za po mnie",
    "tr": "bir ve çok bu da de için ile değil ama her hiç iyi kötü daha gibi ne var yok en",
}
_OF_WORD = {
    word: [language for language, words in _SMALL_WORDS.items() if word in words.split()]
    for words in _SMALL_WORDS.values()
    for word in words.split()
}


_HEADINGS = {
    "español": "es", "français": "fr", "deutsch": "de", "italiano": "it", "português": "pt", "nederlands": "nl",
    "polski": "pl", "türkçe": "tr",
}  # fmt: skip
_OF_LETTER = {"ñ": "es", "¿": "es", "¡": "es", "ß": "de", "ã": "pt", "õ": "pt", "œ": "fr", "ğ": "tr", "ı": "tr",
              "ş": "tr", **dict.fromkeys("łąęśżźćń", "pl")}  # fmt: skip
_OTHERS = ("العربية", "中文", "日本語", "한국어", "ไทย", "русский", "to machines")
_LETTER_SAYS, _WORD_SAYS, _CLEAR = 4.0, 2.5, 1.0


def language_of(text: str) -> str:
    """The ISO 639-1 code, among sixteen languages."""
    for language, script in _SCRIPTS:
        if script.search(text):
            return language
    lower = text.lower()
    words = _WORD.findall(lower)
    if not words:
        return ""
    points = _by_groups(words)
    for word in words:
        for language in _OF_WORD.get(word, ()):
            points[language] += _WORD_SAYS / len(_OF_WORD[word])
    for letter in lower:
        if letter in _OF_LETTER:
            points[_OF_LETTER[letter]] += _LETTER_SAYS
    first, second, *_ = sorted(points.values(), reverse=True)
    return max(points, key=lambda one: points[one]) if first - second > _CLEAR else ""


def _by_groups(words: list[str]) -> dict[str, float]:
    """The logarithm of how likely each language writes the words' groups of three letters."""
    counted, groups = _counted(), [group for word in words[:60] for group in _groups(word)]
    found = {}
    for language, (counts, whole) in counted.items():
        found[language] = sum(math.log((counts[group] + 0.3) / (whole + 600)) for group in groups)
    return found


@functools.cache
def _counted() -> dict[str, tuple[Counter[str], int]]:
    found = {
        language: Counter(g for word in words.split() for g in _groups(word))
        for language, words in _SMALL_WORDS.items()
    }
    for name in ("anchors.txt", "lines.txt"):
        language = "en"
        text = resources.files("insights.analyses.sentiment").joinpath(name).read_text(encoding="utf-8")
        for row in text.splitlines():
            if row.startswith("== "):
                heading = row[3:].strip()
                language = _HEADINGS.get(heading, heading if len(heading) == 2 else "en")
                language = "" if heading in _OTHERS else language
            elif language in found and row[:1] in "+-=":
                sentence = row.partition("|")[2] if "|" in row else row[2:]
                found[language].update(g for word in _WORD.findall(sentence.lower()) for g in _groups(word))
    return {language: (counts, sum(counts.values())) for language, counts in found.items()}


def _groups(word: str) -> list[str]:
    padded = f" {word} "
    return [padded[place : place + 3] for place in range(len(padded) - 2)]


def is_small_word(word: str) -> bool:
    """Whether it is one of the words that every text has, in any language."""
    return word in _OF_WORD or word in _PLAIN


_PLAIN = frozenset(
    word
    for line in (
        "about after again also any because been before can came come could did does don every get got had has have",
        "her him his how into its like made make many much off one only other our out over own really said same she",
        "should since some still such than their them then these they thing things this those through time two until",
        "very want was well went when where which while who why will with without your",
    )
    for word in line.split()
)
