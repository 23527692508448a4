"""How well reviews are read on this machine, against published data and the demo's own labels.

Text alone is read: stars are the answer, not a hint.
"""

import csv
import datetime as dt
import gzip
import io
import json
import time
from collections.abc import Iterable

import numpy as np
from django.core.management import call_command

from bench import _labelled as labelled
from bench import _recorded_reviews as recorded
from bench import scratch
from bench._doors import DATA, export, is_there, run
from bench._labelled import Labelled
from bench.figures import say
from insights.analyses.sentiment.tone import Heard, listen
from insights.demo.branches import SHOP_NAME
from insights.demo.grocer import build
from insights.demo.truth import truth

TODAY = dt.date(2026, 11, 21)
CLOTHES = 2000
# What VADER's word list gets on the same files.
VADER = {"uci_amazon_cells": 0.846, "uci_imdb": 0.793, "amazon_fine_food": 0.724, "womens_reviews": 0.633}


def main(arguments: list[str]) -> None:
    measure()


def measure() -> None:
    _published()
    found = labelled.reviews()
    heard = _listen([one.text for one in found])
    _languages(found, heard)
    _aspects(found, heard, "on this machine")
    _sure(found, heard)
    with scratch.database():
        recorded.measure(found, dict(zip([one.text for one in found], heard, strict=True)))
        _demo()


def _languages(found: list[Labelled], heard: list[Heard]) -> None:
    """The reviews written for this bench: those in English against those in the other languages."""
    pairs = list(zip(found, heard, strict=True))
    value = {}
    for name, is_english in (("English", True), ("the other languages", False)):
        mine = [(one, said) for one, said in pairs if (one.language == "en") == is_english]
        sided = [(one, said) for one, said in mine if one.label != "neutral"]
        value[name] = float(np.mean([(said.score > 0) == (one.label == "positive") for one, said in sided]))
        three = float(np.mean([said.label == one.label for one, said in mine]))
        say(f"short reviews in {name}, tone on the right side", value[name], reviews=len(sided))
        say(f"short reviews in {name}, label of three", three, reviews=len(mine))
        right = float(np.mean([said.language == one.language for one, said in mine]))
        say(f"short reviews in {name}, language told on this machine", right, reviews=len(mine))
    say("the other languages against English, tone", value["the other languages"], value["English"] - 0.05)
    by: dict[str, list[bool]] = {}
    for one, said in pairs:
        if one.label != "neutral":
            by.setdefault(one.language, []).append((said.score > 0) == (one.label == "positive"))
    print(json.dumps({"figure": "tone by language", **{one: round(float(np.mean(of)), 2) for one, of in by.items()}}))


def _aspects(found: list[Labelled], heard: list[Heard], by: str) -> None:
    for name, is_english in (("English", True), ("the other languages", False)):
        mine = [(one, said) for one, said in zip(found, heard, strict=True) if (one.language == "en") == is_english]
        say(f"aspects in {name}, F1, {by}", labelled.f1(mine), reviews=len(mine))
        say(f"aspects in {name}, their tone on the right side, {by}", labelled.sides(mine))


def _sure(found: list[Labelled], heard: list[Heard]) -> None:
    """Of those said to be so sure, how many were right; and how far off that is on average."""
    sure = np.array([said.confidence for said in heard])
    right = np.array([said.label == one.label for one, said in zip(found, heard, strict=True)])
    off = 0.0
    for low, high in ((0, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 1.01)):
        picked = (sure >= low) & (sure < high)
        if picked.any():
            off += float(picked.mean() * abs(sure[picked].mean() - right[picked].mean()))
            said = round(float(sure[picked].mean()), 3)
            say(
                f"right, of those {low} to {min(high, 1)} sure",
                float(right[picked].mean()),
                said,
                reviews=int(picked.sum()),
            )
    say("sure by more or less than right, on average", off)


def _published() -> None:
    for name in ("uci_amazon_cells", "uci_imdb"):
        path = DATA / "sentiment_dev" / f"{name}_labelled.txt"
        if is_there(path):
            rows = [line.rsplit("\t", 1) for line in path.read_text(encoding="utf-8").split("\n") if line]
            _tell(name, "accuracy", [(text, int(label) * 2 - 1) for text, label in rows])
    path = DATA / "sentiment_dev" / "amazon_fine_food_dev.csv"
    if is_there(path):
        with path.open(encoding="utf-8", newline="") as file:
            reviews = list(_stars(csv.DictReader(file), "Summary", "Text", "Score"))
        _tell("amazon_fine_food", "balanced accuracy", reviews)
    path = DATA / "womens_reviews_dev" / "womens_clothing_reviews.csv.gz"
    if is_there(path):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            reviews = list(_stars(csv.DictReader(file), "Title", "Review Text", "Rating"))
        picked = np.random.default_rng(1).permutation(len(reviews))[:CLOTHES]
        _tell("womens_reviews", "balanced accuracy", [reviews[place] for place in picked])


def _stars(rows: Iterable[dict[str, str]], title: str, text: str, stars: str) -> Iterable[tuple[str, int]]:
    """Texts with 1 or -1; three stars are left out."""
    for row in rows:
        if row[text] and int(row[stars]) != 3:
            yield f"{row[title]}. {row[text]}", 1 if int(row[stars]) > 3 else -1


def _tell(name: str, measure: str, rows: list[tuple[str, int]]) -> None:
    heard = _read([text for text, _ in rows])
    truth = np.array([label for _, label in rows])
    right = np.array([(one.score > 0) == (label > 0) for one, label in zip(heard, truth, strict=True)])
    value = right.mean() if measure == "accuracy" else np.mean([right[truth == label].mean() for label in (-1, 1)])
    neutral = np.mean([one.label == "neutral" for one in heard])
    say(f"{name}, {measure}", float(value), VADER[name], neutral=round(float(neutral), 3))


def _listen(texts: list[str]) -> list[Heard]:
    _heard(["Warm up."])
    began = time.perf_counter()
    found = _read(texts)
    say("reviews read a second on this machine", len(texts) / (time.perf_counter() - began), reviews=len(texts))
    return found


def _read(texts: list[str]) -> list[Heard]:
    return [one for start in range(0, len(texts), 256) for one in _heard(texts[start : start + 256])]


def _heard(texts: list[str]) -> list[Heard]:
    return listen(texts, [None] * len(texts))


def _demo() -> None:
    call_command("demo", size="medium", today=str(TODAY), stdout=io.StringIO())
    told = truth(build("medium", TODAY))
    run("demo", "sentiment", TODAY - dt.timedelta(days=1))
    labels = {row["id"]: row for row in export("demo", "reviews")}
    right = [labels[code]["label"] == said["label"] for code, said in told["reviews"].items()]
    say(f"{SHOP_NAME}, reviews labelled as they were made", float(np.mean(right)))
    languages = [labels[code]["language"] == said["language"] for code, said in told["reviews"].items()]
    say(f"{SHOP_NAME}, their language told", float(np.mean(languages)))
