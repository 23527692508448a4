"""What is read out of reviews beside their tone: aspects, spam, names, themes, trends; and what corrections teach."""

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from insights.analyses.sentiment import head, learning, mentions, spam, themes, trends
from insights.analyses.sentiment.language import language_of
from insights.analyses.sentiment.tone import VERSION, listen
from insights.models import Aspect, ReviewAspect, ReviewCorrection, ReviewReading, ReviewReply, ReviewTheme, Suggestion
from insights.reviews import correcting, replying
from inventory.models import Product, Supplier
from shop.models import Branch
from tests.factories import Cast
from tests.insights.test_sentiment import AS_OF, BAD, GOOD, green, run, write

__all__ = ["green"]


# Pure -----------------------------------------------------------------------------------------------------


def test_the_head_is_made_from_the_sentences_that_are_here() -> None:
    assert head.head().version == VERSION
    assert len(head.head().tone) == len(head.lines()) == len(head.head().vectors)


@pytest.mark.parametrize(
    ("text", "aspects"),
    [
        ("The milk was sour and past its date.", {Aspect.FRESHNESS: -1}),
        ("The staff are friendly, but I waited half an hour in the queue.", {Aspect.STAFF: 1, Aspect.QUEUE: -1}),
        ("Il n'y a jamais de place pour se garer.", {Aspect.PARKING: -1}),
        ("La app no funciona y el pedido llegó tarde.", {Aspect.DELIVERY: -1}),
        ("地板很脏。", {Aspect.CLEANLINESS: -1}),
        ("My grandmother came along.", {}),
    ],
)
def test_aspects_are_heard_each_with_its_tone(text: str, aspects: dict[Aspect, int]) -> None:
    (heard,) = listen([text], [None])
    assert {aspect: np.sign(score) for aspect, score in heard.aspects.items()} == aspects


def test_how_sure_it_is_grows_with_what_speaks_for_it() -> None:
    plain, hedged, starred = listen([GOOD, "It was fine, I suppose, mostly.", GOOD], [None, None, 5])
    assert hedged.confidence < plain.confidence <= starred.confidence <= 1


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Muy buena atención y precios justos.", "es"),
        ("Toujours aimable, rien à redire.", "fr"),
        ("Sehr nettes Personal.", "de"),
        ("Ótimo atendimento, não falta nada.", "pt"),
        ("Świeże pieczywo.", "pl"),
        ("Her şey çok taze.", "tr"),
        ("Gezellige winkel met verse groenten.", "nl"),
        ("Очень вкусно.", "ru"),
        ("อร่อยมาก", "th"),
    ],
)
def test_short_texts_are_told_by_language(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Buy cheap followers at https://spam.example now", spam.LINK),
        ("Earn money from home, WhatsApp me", spam.ADVERT),
        ("asdfghjkl qwertzuiop hjkl", spam.GIBBERISH),
        ("aaaaaaaaaaaaaaaa", spam.GIBBERISH),
        ("!!! 123 ???", spam.NO_LETTERS),
        ("\U0001f44d\U0001f44d", ""),
        ("Great bread.", ""),
        ("Mmmm, brilliant crisps", ""),
        ("Přijdu zas, chléb skvělý", ""),
        ("新鮮な野菜", ""),
    ],
)
def test_spam_is_told_with_its_reason(text: str, reason: str) -> None:
    assert spam.why(text, stars=None) == reason


def test_stars_without_words_are_a_review() -> None:
    assert spam.why("", stars=5) == spam.why("...", stars=1) == ""


def test_a_long_text_sent_a_third_time_is_a_copy_and_the_first_two_stay() -> None:
    text = "This shop changed my life and I tell everybody in my street about it whenever I meet them." * 2
    assert spam.sent_again([(1, text), (2, "Good."), (3, text), (4, text.upper()), (5, "Good."), (6, "Good.")], []) == {
        4
    }
    assert spam.sent_again([(9, text)], [text, text]) == {9}


def test_a_product_is_named_by_its_whole_name_and_by_no_other() -> None:
    names = mentions.of_products({1: "Oat milk 1 L", 2: "Milk", 3: "Rye bread 500 g", 4: "Rye bread 1 kg", 5: "Tea"})
    assert names.named_in("The oat milk is lovely") == 1
    assert names.named_in("Sour milk again") == 2
    assert names.named_in("Your rye bread was stale") == 0  # two sizes have that name
    assert names.named_in("Nice tea") == 0  # too short to be sure of
    assert names.named_in("The milk and the oat milk") == 1
    assert mentions.of_suppliers({7: "Hill Farm Ltd"}).named_in("Is this from Hill Farm?") == 7


def test_corrections_move_what_means_the_same_and_little_else() -> None:
    sure = "They carried my bags out in the rain without being asked."
    texts = [sure, "They carried my shopping out in the rain without being asked.", GOOD, BAD]
    heard = listen(texts, [None] * 4)
    learned = learning.learn(heard[:1], ["neutral"])
    near, good, bad = (learned.apply(one) for one in heard[1:])
    assert near.label == "neutral" and near.confidence >= 0.9
    assert (good.label, bad.label) == ("positive", "negative")
    assert abs(good.score - heard[2].score) < 0.1 and abs(bad.score - heard[3].score) < 0.1
    nothing = learning.learn([], [])
    assert nothing.apply(heard[0]) == heard[0]


def test_a_growth_among_many_questions_is_told_only_where_chance_could_not_make_it() -> None:
    draw = np.random.default_rng(3)
    last, many = 1000, 900
    day = draw.integers(last - 111, last + 1, many)
    branch = draw.integers(1, 4, many)
    noise = {aspect: draw.random(many) < 0.1 for aspect in Aspect}
    quiet = trends.Complaints(day, branch, draw.random(many) < 0.3, noise)
    assert not any(row["is_change"] for row in trends.trends(quiet, last, {1: "A", 2: "B", 3: "C"}))
    noise[Aspect.QUEUE] = noise[Aspect.QUEUE] | ((branch == 2) & (day > last - 28) & (draw.random(many) < 0.6))
    found = [row for row in trends.trends(quiet, last, {1: "A", 2: "B", 3: "C"}) if row["is_change"]]
    assert (found[0]["branch_name"], found[0]["aspect"], found[0]["grew"]) == ("B", "queue", True)
    assert trends.sentence(found[0]).startswith("Complaints of queues at B grew: ")


def test_themes_are_gathered_and_named_by_words_of_several_writers() -> None:
    queue = [f"The queue at the till was endless on day {n}" for n in "abcdefgh"]
    bread = [f"Wonderful fresh bread, sort {n}" for n in "abcdefgh"]
    heard = listen(queue + bread, [None] * 16)
    spoken = [
        themes.Spoken(n, 1, text, one.meaning, one.score, frozenset(one.aspects))
        for n, (text, one) in enumerate(zip(queue + bread, heard, strict=True))
        if one.meaning is not None
    ]
    found = themes.gather(spoken)
    assert {frozenset(theme.reviews) for theme in found} == {frozenset(range(8)), frozenset(range(8, 16))}
    assert themes.gather(spoken) == found
    assert any("queue" in theme.name.lower() for theme in found) and any(
        "bread" in theme.name.lower() for theme in found
    )
    assert themes.gather(spoken[:4]) == []


# Runs -----------------------------------------------------------------------------------------------------


def test_a_run_writes_aspects_names_spam_and_confidence(green: Cast) -> None:
    Supplier.objects.create(name="Hill Farm")
    write("A", "The Green Grocer apples were rotten, such a shame for Hill Farm.")
    write("S", "Visit https://spam.example for cheap watches")
    done = run()
    rotten = ReviewReading.objects.get(review__code="A")
    assert rotten.product == Product.objects.get(sku="APPLE")
    assert rotten.supplier == Supplier.objects.get(name="Hill Farm")
    assert rotten.confidence is not None and rotten.confidence > Decimal("0.5")
    assert list(ReviewAspect.objects.filter(review__code="A").values_list("aspect", flat=True)) == ["freshness"]
    assert ReviewReading.objects.get(review__code="S").spam == spam.LINK
    assert (done.findings["reviews"], done.findings["spam"]) == (1, 1)
    assert "1 more is taken for spam and counted nowhere." in done.sentences


def test_a_correction_stands_and_teaches_what_is_read_later(green: Cast) -> None:
    by = "alice@shops.example"
    first = write("first", "The cashier told me a joke about lettuce.")
    run()
    heard = ReviewReading.objects.get(review=first).label
    said = "negative" if heard != "negative" else "positive"
    correcting.correct(review=first, label=said, by=by)
    write("second", "The cashier told me a joke about a lettuce!")
    done = run()
    assert ReviewReading.objects.get(review__code="second").label == said
    assert ReviewCorrection.objects.get(review=first).label == said
    assert done.findings[said] == 2
    type(first).objects.filter(pk=first.pk).update(text="The cashier told me a joke about lettuce. Twice.")
    assert run().findings[said] == 2
    assert ReviewCorrection.objects.get(review=first).label == said


def test_a_person_decides_what_is_spam(green: Cast) -> None:
    link = write("link", "Their jam is at https://jam.example too, lovely.")
    fine = write("fine", GOOD)
    assert run().findings["reviews"] == 1
    correcting.correct(review=link, is_spam=False, by="a")
    correcting.correct(review=fine, is_spam=True, by="a")
    done = run()
    assert (done.findings["reviews"], done.findings["spam"]) == (1, 1)
    type(link).objects.update(text="Their jam is at https://jam.example as well, lovely.")
    assert run().findings["reviews"] == 1


def test_displeased_reviews_without_an_answer_get_a_draft(green: Cast) -> None:
    branch = Branch.objects.order_by("pk").first()
    sour = write("sour", BAD, branch=branch, author="Ann Author")
    write("old", BAD, written_on=AS_OF - dt.timedelta(days=90))
    write("glad", GOOD)
    answered = write("answered", "The floor was dirty and the fridge stank.")
    replying.draft(review=answered, shop_name="Green Grocer", by="a")
    run()
    (found,) = Suggestion.objects.filter(kind="reply", state="open")
    assert found.key == f"reply:{sour.pk}" and found.branch == branch
    assert found.evidence["draft"].startswith("Thank you for telling us. We are sorry about ")
    assert "Ann Author" not in str(found.evidence) + found.title
    ReviewReply.objects.create(review=sour, drafted="x", text="x", state="replied")
    run()
    assert not Suggestion.objects.filter(kind="reply", state="open").exists()


def test_themes_are_stored_anew_each_run(green: Cast) -> None:
    for number in range(12):
        write(f"q{number}", f"The queue at the till was endless, visit {'abcdefghijkl'[number]}.")
        write(f"b{number}", f"Wonderful fresh bread, sort {'abcdefghijkl'[number]}.")
    first = run()
    found = list(ReviewTheme.objects.all())
    assert len(found) == 2 and {theme.run_id for theme in found} == {first.pk}
    many = sum(theme.reviews for theme in found)
    assert ReviewReading.objects.exclude(theme=None).count() == many >= 20
    second = run()
    assert {theme.run_id for theme in ReviewTheme.objects.all()} == {second.pk}
    assert ReviewReading.objects.exclude(theme=None).count() == many
    assert [str(theme) for theme in ReviewTheme.objects.all()] == [str(theme) for theme in found]


def test_themes_take_a_models_names_only_where_they_are_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    from insights.providers.gateway import Said

    theme = themes.Theme("Till, queue", ("queue", "till"), (1, 2, 3, 4, 5), 1, -0.5)

    def say(name: Any) -> str:
        data = {"themes": [{"id": "0", "name": name}]}
        monkeypatch.setattr(themes.gateway, "ask", lambda *given, **more: Said(data, "gemini", "m"))
        return themes.named([theme], "run:1")[0][0].name

    assert say("Waiting at the tills") == "Waiting at the tills"
    for name in ("<b>tills</b>", "Call 0123", "https://x.example", "x" * 100, "", "{{ shop }}"):
        assert say(name) == "Till, queue"
