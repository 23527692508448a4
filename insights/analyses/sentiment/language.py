"""Which language a short text is in: by its script, else by its small words. Empty where it cannot be told."""

from __future__ import annotations

import re

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


def language_of(text: str) -> str:
    """The ISO 639-1 code, among sixteen languages."""
    for language, script in _SCRIPTS:
        if script.search(text):
            return language
    points: dict[str, float] = {}
    for word in _WORD.findall(text.lower()):
        for language in _OF_WORD.get(word, ()):
            points[language] = points.get(language, 0) + 1 / len(_OF_WORD[word])
    if not points:
        return ""
    first, *others = sorted(points.values(), reverse=True)
    return max(points, key=lambda language: points[language]) if not others or first > others[0] else ""
