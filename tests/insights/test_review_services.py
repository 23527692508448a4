"""What a person says of a review stands; a reply goes from draft to sent and back, and nothing is done twice."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from customers.models import Review
from insights.decisions import deciding
from insights.models import ReviewCorrection, ReviewReading, ReviewReply, Suggestion
from insights.reviews import chance, correcting, drafting, replying
from insights.reviews.correcting import CorrectionRefused
from insights.reviews.drafting import Heard
from insights.reviews.replying import ReplyRefused
from insights.reviews.standing import SCORE_SQL, SPAM_SQL, TONE_SQL, counted, standing
from shop.tenancy import use_shop
from tests.factories import Cast
from tests.insights.reviewing import suggest_reply, write

BY = "alice@shops.example"
BAD = Heard("negative", "en", (), ("queue",))


@pytest.fixture
def green(cast: Cast) -> Iterator[Cast]:
    with use_shop(cast.green):
        yield cast


def stands(review: Review) -> tuple[str, Decimal | None, bool]:
    row = standing(Review.objects.filter(pk=review.pk)).get()
    return row.tone, row.tone_score, row.is_spam


# --- Corrections ---------------------------------------------------------------------------------------------------


def test_a_correction_stands_over_what_was_read_and_over_what_is_read_later(green: Cast) -> None:
    bad = write("bad", "positive")
    correcting.correct(review=bad, label="negative", by=BY)
    assert stands(bad) == ("negative", Decimal("-0.6"), False)
    ReviewReading.objects.filter(review=bad).update(label="neutral", score=0)
    assert stands(bad)[0] == "negative"
    ReviewReading.objects.filter(review=bad).update(label="negative", score=Decimal("-0.9"))
    assert stands(bad) == ("negative", Decimal("-0.9"), False)
    correcting.take_back(review=bad, what="label", by=BY)
    assert stands(bad)[0] == "negative" and not ReviewCorrection.objects.exists()


def test_a_review_nobody_read_can_be_told(green: Cast) -> None:
    fresh = write("fresh")
    assert stands(fresh) == ("", None, False)
    correcting.correct(review=fresh, label="positive", by=BY)
    assert stands(fresh) == ("positive", Decimal("0.6"), False)


def test_spam_is_said_and_taken_back_beside_the_tone(green: Cast) -> None:
    ad = write("ad", "positive", read={"spam": "It advertises a page."})
    assert stands(ad)[2] and not counted().exists()
    correcting.correct(review=ad, is_spam=False, by=BY)
    correcting.correct(review=ad, label="neutral", by=BY)
    assert stands(ad) == ("neutral", Decimal(0), False)
    correcting.take_back(review=ad, what="spam", by=BY)
    assert stands(ad) == ("neutral", Decimal(0), True)
    correcting.take_back(review=ad, what="label", by=BY)
    correcting.take_back(review=ad, what="label", by=BY)
    assert stands(ad) == ("positive", Decimal("0.8"), True)
    told = [(note.by, note.words) for note in correcting.notes(ad)]
    assert told[0] == (BY, "took the tone back") and told[-1] == (BY, "said it is not spam") and len(told) == 4


@pytest.mark.parametrize("said", [{}, {"label": "angry"}, {"label": ""}])
def test_what_is_no_correction_is_refused(green: Cast, said: dict[str, Any]) -> None:
    with pytest.raises(CorrectionRefused):
        correcting.correct(review=write("x"), by=BY, **said)


def test_repeating_a_correction_changes_nothing(green: Cast) -> None:
    one = write("one", "neutral")
    for _ in range(2):
        correcting.correct(review=one, label="positive", by=BY)
    assert ReviewCorrection.objects.count() == 1


def test_the_words_and_the_sql_say_the_same(green: Cast) -> None:
    for number, label in enumerate(["", "positive", "neutral", "negative"]):
        for told in [None, "positive", "neutral", "negative", True, False]:
            made = write(f"{number}{told}", label, **({"read": {"spam": "no"}} if label and number % 2 else {}))
            if told is not None:
                correcting.correct(review=made, by=BY, **{"is_spam" if isinstance(told, bool) else "label": told})
    with connection.cursor() as cursor:
        cursor.execute(
            f"select r.id, {TONE_SQL}, {SCORE_SQL}, {SPAM_SQL} from customers_review r"
            " left join insights_reviewreading n on n.shop_id = r.shop_id and n.review_id = r.id"
            " left join insights_reviewcorrection c on c.shop_id = r.shop_id and c.review_id = r.id order by r.id"
        )
        by_sql = cursor.fetchall()
    assert by_sql == list(standing().order_by("pk").values_list("pk", "tone", "tone_score", "is_spam"))


# --- Replies -------------------------------------------------------------------------------------------------------


def test_a_reply_goes_from_draft_to_sent_and_back(green: Cast) -> None:
    bad = write("bad", "negative", aspects={"queue": -0.8})
    drafted = replying.draft(review=bad, shop_name="Green Grocer", by=BY)
    assert drafted.state == "draft" and "the wait" in drafted.text and drafted.text.endswith("Green Grocer")
    with pytest.raises(ReplyRefused):
        replying.mark_replied(review=bad, by=BY)
    approved = replying.approve(review=bad, text=" Sorry.\r\nGreen Grocer ", by=BY)
    assert (approved.state, approved.text, approved.decided_by) == ("approved", "Sorry.\nGreen Grocer", BY)
    with pytest.raises(ReplyRefused):
        replying.approve(review=bad, text="Other words", by=BY)
    for _ in range(2):
        assert replying.mark_replied(review=bad, by=BY).replied_at is not None
    assert replying.undo(review=bad, by=BY).state == "approved"
    back = replying.undo(review=bad, by=BY)
    assert (back.state, back.replied_at, back.decided_by) == ("draft", None, "")
    assert replying.undo(review=bad, by=BY).state == "draft"


def test_approving_accepts_the_suggestion_with_the_persons_words(green: Cast) -> None:
    bad = write("bad", "negative")
    waiting = suggest_reply(bad)
    drafted = replying.draft(review=bad, shop_name="Green Grocer", by=BY)
    assert (drafted.text, drafted.provider) == ("We are sorry. Green Grocer", "gemini")
    replying.approve(review=bad, text="Very sorry.", by=BY)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.effect["edited"]) == ("accepted", True)
    assert waiting.effect["url"].endswith(f"/reviews/{bad.pk}/#reply")
    assert ReviewReply.objects.get().text == "Very sorry."
    replying.undo(review=bad, by=BY)
    waiting.refresh_from_db()
    assert waiting.state == "open" and ReviewReply.objects.get().state == "draft"


def test_accepting_the_suggestion_approves_its_draft_and_undo_drafts_again(green: Cast) -> None:
    bad = write("bad", "negative")
    waiting = suggest_reply(bad)
    for _ in range(2):
        deciding.accept(pk=waiting.pk, by=BY)
    reply = ReviewReply.objects.get()
    assert (reply.state, reply.text, reply.model) == ("approved", "We are sorry. Green Grocer", "gemini-2.5-flash")
    replying.mark_replied(review=bad, by=BY)
    with pytest.raises(ReplyRefused, match="marked as sent"):
        deciding.undo(pk=waiting.pk, by=BY)
    replying.undo(review=bad, by=BY)
    deciding.undo(pk=waiting.pk, by=BY)
    assert ReviewReply.objects.get().state == "draft" and Suggestion.objects.get().state == "open"


def test_no_reply_needed_dismisses_and_comes_back(green: Cast) -> None:
    bad = write("bad", "negative")
    suggest_reply(bad)
    for _ in range(2):
        assert replying.drop(review=bad, by=BY).state == "dropped"
    assert Suggestion.objects.get().state == "dismissed"
    assert replying.undo(review=bad, by=BY) is None
    assert Suggestion.objects.get().state == "open" and not ReviewReply.objects.exists()


def test_a_suggestion_without_a_draft_or_review_is_refused(green: Cast) -> None:
    bad = write("bad", "negative")
    with pytest.raises(ReplyRefused, match="no draft"):
        deciding.accept(pk=suggest_reply(bad, text="").pk, by=BY)
    Suggestion.objects.update(key="reply:999999")
    with pytest.raises(ReplyRefused, match="no longer there"):
        deciding.accept(pk=Suggestion.objects.get().pk, by=BY)


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 2001])
def test_words_that_are_no_reply_are_refused(green: Cast, text: str) -> None:
    with pytest.raises(ReplyRefused):
        replying.approve(review=write("bad", "negative"), text=text, by=BY)


# --- Drafts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"reply": 7},
        {"reply": "Sorry."},
        {"reply": "We are sorry, and you get a full refund at the till. Green Grocer"},
        {"reply": "We are sorry. Call us on 020 7946 0958. Green Grocer"},
        {"reply": "We are sorry. See www.example.org for more. Green Grocer"},
        {"reply": "Dear (name), we are sorry about the wait. Green Grocer"},
        {"reply": "<b>We are sorry about the wait.</b> Green Grocer"},
        {"reply": "word " * 300},
    ],
)
def test_a_models_draft_that_promises_or_points_elsewhere_is_left(answer: Any) -> None:
    assert drafting.kept(answer, "Green Grocer") == ""


def test_a_models_draft_is_kept_as_text(green: Cast) -> None:
    said = {"reply": "Thank you for telling us.\nWe are sorry about the wait. 7 Days"}
    assert drafting.kept(said, "7 Days") == "Thank you for telling us. We are sorry about the wait. 7 Days"


def test_who_wrote_it_is_never_asked_about(green: Cast) -> None:
    from insights.providers.gateway import ready

    one = write(
        "one", "negative", author="Jane Doe", text="I am Jane Doe and the milk was sour.", rating=Decimal("2.0")
    )
    sent = ready(drafting.question(one, BAD, "Green Grocer")).as_sent()
    assert "Jane" not in str(sent) and "milk was sour" in sent["user"] and '"stars": "2"' in sent["user"]


@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "it", "pt", "nl", "pl", "tr", ""])
@pytest.mark.parametrize("tone", ["negative", "positive", "neutral", ""])
def test_our_own_words_hold_for_any_review(language: str, tone: str) -> None:
    text = drafting.plain(Heard(tone, language, (), ("price", "staff", "queue")), "Green Grocer")
    assert text.endswith("Green Grocer") and "!" not in text and "{" not in text


# --- Chance --------------------------------------------------------------------------------------------------------


def test_changes_of_few_are_not_told() -> None:
    assert chance.of_shares(3, 7, 0, 50) == chance.TOO_FEW
    assert chance.of_shares(5, 20, 4, 20) == chance.BY_CHANCE
    assert chance.of_shares(15, 20, 4, 20) == chance.REAL
    assert chance.of_means((-0.5, 0.2, 30), (0.5, 0.2, 30)) == chance.REAL
    assert chance.of_means((0.1, 0.2, 30), (0.0, 0.2, 30)) == chance.BY_CHANCE
    assert chance.of_means((0.1, 0.0, 3), (0.0, 0.2, 30)) == chance.TOO_FEW


def test_trends_are_told_where_they_are() -> None:
    assert chance.of_trend([(1, 10), (2, 10), (4, 10), (6, 10), (8, 10)]) == (chance.REAL, 1)
    assert chance.of_trend([(8, 10), (6, 10), (4, 10), (2, 10), (1, 10)]) == (chance.REAL, -1)
    assert chance.of_trend([(3, 10), (4, 10), (3, 10), (4, 10)]) == (chance.BY_CHANCE, 0)
    assert chance.of_trend([(1, 2), (0, 1), (1, 2)]) == (chance.TOO_FEW, 0)
    assert chance.of_trend([(0, 10)] * 8) == (chance.TOO_FEW, 0)
