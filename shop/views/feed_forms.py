"""What a person says of a feed, beside what its source asks."""

from typing import Any

from django import forms

from shop.feeds import reports, settling
from shop.feeds.services import Plan
from shop.imports.kinds import every_kind
from shop.models import Branch, Feed, Import, SavedMapping

_FIRST, _THIS = "first", "import"


class FeedForm(forms.Form):
    """The feed itself: its name, how its files are read, how often it looks and when silence is unusual."""

    name = forms.CharField(max_length=120, help_text="Such as Till 1, nightly.")
    columns = forms.ChoiceField(label="How its files are read")
    kind = forms.ChoiceField(label="What is in them", required=False)
    branch = forms.ChoiceField(label="Branch", required=False, help_text="For rows that name no branch themselves.")
    every_minutes = forms.TypedChoiceField(label="Look", coerce=int, initial=60)
    quiet_hours = forms.TypedChoiceField(
        label="Warn when nothing new comes",
        coerce=int,
        initial=30,
        help_text="Days on which none ever comes are not counted.",
    )

    def __init__(self, data: Any = None, *, feed: Feed | None = None, imported: Import | None = None) -> None:
        super().__init__(data, initial=_initial(feed, imported))
        self._feed, self._imported = feed, imported
        self._saved = {f"saved-{saved.pk}": saved for saved in SavedMapping.objects.all()[:200]}
        self._choices("columns", self._ways())
        self._choices("kind", [(kind.name, kind.title) for kind in every_kind()])
        self._choices("branch", [("", "The first"), *Branch.objects.order_by("id").values_list("name", "name")])
        self._choices(
            "every_minutes", _with(reports.EVERY, feed.every_minutes if feed else None, reports.every_in_words)
        )
        self._choices(
            "quiet_hours", _with(reports.SILENCE, feed.quiet_hours if feed else None, reports.silence_in_words)
        )

    def plan(self, source: str, answers: dict[str, Any]) -> Plan:
        """What was said. Called where the form is valid."""
        said = self.cleaned_data
        saved = self._saved.get(said["columns"])
        if said["columns"] == _THIS and self._imported is not None:
            saved = settling.mapping_of(self._imported)
        return Plan(
            name=said["name"], source=source, answers=answers, kind=saved.kind if saved else said["kind"],
            branch=said["branch"], saved_mapping=saved, every_minutes=said["every_minutes"],
            quiet_hours=said["quiet_hours"],
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("columns") == _FIRST and not self.cleaned_data.get("kind"):
            self.add_error("kind", "Choose what is in the files.")
        return dict(self.cleaned_data)

    def _ways(self) -> list[tuple[str, str]]:
        titles = {kind.name: kind.title for kind in every_kind()}
        this = [(_THIS, f"As in the import of {self._imported.file.name}")] if self._imported else []
        known = [
            (
                name,
                f"{titles.get(saved.kind, saved.kind)}, as {saved}{f' ({saved.supplier})' if saved.supplier else ''}",
            )
            for name, saved in self._saved.items()
        ]
        return [*this, *known, (_FIRST, "I match the columns of its first file")]

    def _choices(self, name: str, choices: list[tuple[Any, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]


def _initial(feed: Feed | None, imported: Import | None) -> dict[str, Any]:
    if imported is not None:
        return {"columns": _THIS, "kind": imported.kind, "branch": imported.branch}
    if feed is None:
        return {}
    return {
        "name": feed.name, "kind": feed.kind, "branch": feed.branch, "every_minutes": feed.every_minutes,
        "quiet_hours": feed.quiet_hours,
        "columns": f"saved-{feed.saved_mapping_id}" if feed.saved_mapping_id else _FIRST,
    }  # fmt: skip


def _with(choices: Any, now: int | None, words: Any) -> list[tuple[int, str]]:
    """The choices, and what the feed has now, whatever it is."""
    return [*choices, *([(now, words(now))] if now and now not in dict(choices) else [])]
