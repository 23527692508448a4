"""What came in as files: the files, the imports made of them, which row they touched, what is remembered."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from shop.models.jobs import Job
from shop.tenancy import ShopForeignKey, ShopManager, ShopOwned, ShopQuerySet


class RawFileQuerySet(ShopQuerySet):
    def kept(self) -> "RawFileQuerySet":
        """Files whose bytes are still there."""
        return self.filter(removed_at=None)


class RawFile(ShopOwned):
    """A file as it came, byte for byte, kept until `keep_until_date` (null: for good); its row stays.

    `path` is its name in the default storage, empty once removed. `origin` says how it came, `details` what else is
    known of that (a mail's sender and subject, an address, a folder), without personal data of customers.
    """

    class Origin(models.TextChoices):
        UPLOAD = "upload", "Uploaded"
        COMMAND = "command", "By command"
        FOLDER = "folder", "From a folder"
        MAILBOX = "mailbox", "By mail"
        URL = "url", "From an address"

    keeps_history = False

    path = models.CharField(max_length=300, blank=True, default="")
    name = models.CharField(max_length=200)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.UPLOAD)
    details = models.JSONField(default=dict, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    received_by = models.CharField(max_length=200, blank=True, default="")
    keep_until_date = models.DateField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = ShopManager.from_queryset(RawFileQuerySet)()

    class Meta(ShopOwned.Meta):
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(origin__in=["upload", "command", "folder", "mailbox", "url"]), name="raw_file_origin_known"
            ),
            models.CheckConstraint(condition=Q(size__gte=0), name="raw_file_size_not_negative"),
        ]
        indexes = [models.Index(fields=["shop", "sha256"], name="raw_file_by_hash")]

    def __str__(self) -> str:
        return self.name


class SavedMapping(ShopOwned):
    """How files with this header are read: found again by kind, the header's fingerprint and the supplier's name.

    `mapping` and `layout` are the JSON of `shop.imports.mapping.Mapping` and `shop.imports.reading.Layout`.
    """

    kind = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=64)
    supplier = models.CharField(max_length=120, blank=True, default="", help_text="Whose files these are.")
    name = models.CharField(max_length=120, blank=True, default="")
    mapping = models.JSONField(default=dict)
    layout = models.JSONField(default=dict, blank=True)
    proposed_by = models.CharField(max_length=80, blank=True, default="", help_text="Rules, a person, or a model.")
    used_at = models.DateTimeField(default=timezone.now)
    used_count = models.PositiveIntegerField(default=0)

    class Meta(ShopOwned.Meta):
        ordering = ["-used_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "kind", "fingerprint", "supplier"], name="saved_mapping_once")
        ]

    def __str__(self) -> str:
        return self.name or f"{self.kind} {self.fingerprint[:8]}"


class Feed(ShopOwned):
    """Files that come by themselves: from a folder, a mailbox or an address, read by a saved mapping.

    `settings` are what its source needs, without secrets; `secret` is encrypted (`shop.encryption`). `cursor` is where
    its source goes on. `problem` says in plain words what is wrong now, `failures` how many looks in a row found the
    source closed; `quiet_hours` is how long it may stay silent. What people decide on is in the history by hand
    (`shop.feeds.services`): the rest changes with every look, and the secret is nobody's to read.
    """

    class Source(models.TextChoices):
        FOLDER = "folder", "Folder"
        MAILBOX = "mailbox", "Mailbox"
        URL = "url", "Web address"

    class Problem(models.TextChoices):
        SOURCE = "source", "Cannot be reached"
        FILE = "file", "A file is not in"
        QUIET = "quiet", "Silent"

    keeps_history = False

    name = models.CharField(max_length=120)
    source = models.CharField(max_length=20)
    settings = models.JSONField(default=dict, blank=True)
    secret = models.TextField(blank=True, default="")
    kind = models.CharField(max_length=40)
    branch = models.CharField(max_length=120, blank=True, default="", help_text="For rows that name none.")
    saved_mapping = ShopForeignKey(SavedMapping, null=True, blank=True, related_name="feeds")
    every_minutes = models.PositiveIntegerField("look every so many minutes", default=60)
    quiet_hours = models.PositiveIntegerField("warn after so many silent hours", default=30)
    is_active = models.BooleanField(default=True)
    cursor = models.JSONField(default=dict, blank=True)
    next_due_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, db_default=0)
    problem = models.CharField(max_length=400, blank=True, default="")
    problem_kind = models.CharField(max_length=6, choices=Problem.choices, blank=True, default="", db_default="")
    problem_at = models.DateTimeField(null=True, blank=True)
    alerted_at = models.DateTimeField(null=True, blank=True)
    made_by = models.CharField(max_length=200, blank=True, default="")
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(ShopOwned.Meta):
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "name"], name="feed_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="feed_has_name"),
            models.CheckConstraint(condition=Q(every_minutes__gte=5), name="feed_not_too_often"),
            models.CheckConstraint(
                condition=Q(problem_kind__in=["", "source", "file", "quiet"]), name="feed_problem_kind_known"
            ),
        ]
        indexes = [models.Index(fields=["shop", "next_due_at"], condition=Q(is_active=True), name="feed_due")]

    def __str__(self) -> str:
        return self.name


class ImportQuerySet(ShopQuerySet):
    def in_the_books(self) -> "ImportQuerySet":
        """Imports whose rows count: done and not taken back."""
        return self.filter(state=Import.State.DONE)


class Import(ShopOwned):
    """One file on its way into the shop, from the upload to the undo. `job` is the work on it now or last.

    `layout` says how the file is written, `sample` holds its column names and some rows as text, `mapping` which column
    gives what and every correction made by hand, `checked` what the check found, `result` what the import did (the
    shape of `shop.imports.running.Result`). `absent` says what becomes of rows the file does not name.
    """

    class State(models.TextChoices):
        READING = "reading", "Being read"
        MATCHING = "matching", "Columns to match"
        CHECKING = "checking", "Being checked"
        READY = "ready", "Ready to import"
        IMPORTING = "importing", "Being imported"
        DONE = "done", "In the books"
        REFUSED = "refused", "Cannot be read"
        UNDOING = "undoing", "Being taken back"
        UNDONE = "undone", "Taken back"
        DROPPED = "dropped", "Not wanted"

    class Absent(models.TextChoices):
        LEAVE = "leave", "Leave them as they are"
        ZERO = "zero", "Set them to zero"
        DISCONTINUE = "discontinue", "Take them off sale"

    keeps_history = False

    file = ShopForeignKey(RawFile, related_name="imports")
    feed = ShopForeignKey(Feed, null=True, blank=True, related_name="imports")
    job = ShopForeignKey(Job, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=40)
    branch = models.CharField(max_length=120, blank=True, default="")
    supplier = models.CharField(max_length=120, blank=True, default="")
    state = models.CharField(max_length=10, choices=State.choices, default=State.READING)
    layout = models.JSONField(default=dict, blank=True)
    sample = models.JSONField(default=dict, blank=True)
    mapping = models.JSONField(default=dict, blank=True)
    absent = models.CharField(max_length=12, choices=Absent.choices, default=Absent.LEAVE)
    checked = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)
    problem = models.TextField(blank=True, default="")
    asked_by = models.CharField(max_length=200, blank=True, default="")
    asked_at = models.DateTimeField(default=timezone.now)
    imported_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=200, blank=True, default="")
    undo_result = models.JSONField(default=dict, blank=True)

    objects: ClassVar[Any] = ShopManager.from_queryset(ImportQuerySet)()

    class Meta(ShopOwned.Meta):
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "reading", "matching", "checking", "ready", "importing", "done", "refused", "undoing",
                        "undone", "dropped",
                    ]
                ),
                name="import_state_known",
            ),
            models.CheckConstraint(condition=Q(absent__in=["leave", "zero", "discontinue"]), name="import_absent"),
        ]  # fmt: skip
        indexes = [models.Index(fields=["shop", "file"], name="import_by_file")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class ImportedRow(ShopOwned):
    """Lineage: a row of `table` that an import made or changed, and the line of the file that says so.

    Written by the import alone. Sales have theirs on the document and its lines instead (`Sale.imported`).
    """

    keeps_history = False
    wall_key = ("shop_id", "imported_id", "id")

    imported = ShopForeignKey(Import, related_name="rows", db_index=False)
    table = models.CharField(max_length=63)
    row_id = models.BigIntegerField()
    file = models.PositiveSmallIntegerField(default=0)
    line = models.PositiveIntegerField()

    class Meta(ShopOwned.Meta):
        ordering = ["id"]
        indexes = [models.Index(fields=["shop", "table", "row_id"], name="imported_row_by_row")]

    def __str__(self) -> str:
        return f"{self.table} {self.row_id}, line {self.line}"


class FeedFile(ShopOwned):
    """A file that a feed saw. `identity` is what its source knows it by (a mail's id, a name and time, an ETag).

    A file that failed is `healed_at` when a good copy of its name came, when it went in at another try, or when a
    person let it be.
    """

    class State(models.TextChoices):
        IMPORTING = "importing", "Being imported"
        DONE = "done", "Imported"
        REPEATED = "repeated", "Had come before"
        FAILED = "failed", "Could not be imported"

    keeps_history = False

    feed = ShopForeignKey(Feed, models.CASCADE, related_name="files")
    identity = models.CharField(max_length=300)
    name = models.CharField(max_length=200, blank=True, default="", db_default="")
    file = ShopForeignKey(RawFile, null=True, blank=True, related_name="+")
    imported = ShopForeignKey(Import, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.IMPORTING)
    problem = models.CharField(max_length=400, blank=True, default="")
    seen_at = models.DateTimeField(default=timezone.now)
    healed_at = models.DateTimeField(null=True, blank=True)

    class Meta(ShopOwned.Meta):
        ordering = [F("id").desc()]
        constraints = [
            models.UniqueConstraint(fields=["shop", "feed", "identity"], name="feed_file_once"),
            models.CheckConstraint(
                condition=Q(state__in=["importing", "done", "repeated", "failed"]), name="feed_file_state_known"
            ),
        ]
        indexes = [models.Index(fields=["shop", "feed"], condition=Q(state="importing"), name="feed_file_importing")]

    def __str__(self) -> str:
        return self.name or self.identity


class Download(ShopOwned):
    """A file made to be taken away: the whole shop, or a large table. Its link is signed and ends at `expires_at`."""

    keeps_history = False

    what = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    job = ShopForeignKey(Job, null=True, blank=True, related_name="+")
    path = models.CharField(max_length=300, blank=True, default="")
    size = models.BigIntegerField(default=0)
    needs = models.CharField(max_length=40, help_text="What a member must be allowed to, to take it.")
    asked_by = models.CharField(max_length=200, blank=True, default="")
    asked_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta(ShopOwned.Meta):
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name
