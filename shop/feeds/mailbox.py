"""A mailbox, read over IMAP: old tills mail their day's file. Mail is only looked at: never changed, moved or deleted.

A mail is known by the mailbox's UIDVALIDITY and its own UID, which IMAP promises never to use again.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import fnmatch
import imaplib
import io
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any, BinaryIO

from django import forms
from django.conf import settings
from django.utils import timezone

from shop.feeds import addresses, sources
from shop.feeds.addresses import Peer
from shop.feeds.sources import Cursor, Fetched, FileProblem, Found, Seen, SourceProblem, Where

DAYS_BACK = 30  # how old a mail the first look still takes
MOST_MAIL = 40 * 1024**2
MOST_SECONDS, CHECK_SECONDS = 15 * 60, 20
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_HEAD = "(UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (FROM SUBJECT DATE MESSAGE-ID)])"
_PARSE = email.policy.default


def _encryptions() -> list[tuple[str, str]]:
    choices = [("tls", "TLS (port 993)"), ("starttls", "STARTTLS (port 143)")]
    return [*choices, ("none", "None, inside this network only")] if settings.FEEDS_PRIVATE_NETWORKS else choices


class MailboxForm(forms.Form):
    """Which mailbox, and which of its mails."""

    host = forms.CharField(
        label="IMAP server",
        max_length=200,
        help_text="Such as imap.example.com.",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}),
    )
    encryption = forms.ChoiceField(choices=_encryptions)
    port = forms.IntegerField(min_value=1, max_value=65535, required=False, help_text="Left empty, the usual one.")
    user = forms.CharField(
        label="Sign-in name",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        max_length=400,
        strip=False,
        help_text="For Gmail and others with two steps: an app password.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    folder = forms.CharField(label="Mail folder", max_length=100, initial="INBOX")
    senders = forms.CharField(
        label="Take mail from",
        max_length=500,
        help_text="Addresses, or whole domains such as @till.example, with commas between. Only these are read.",
    )
    subject = forms.CharField(
        label="Subject contains", max_length=100, required=False, help_text="Left empty, any subject."
    )
    pattern = forms.CharField(
        label="Only attachments named like",
        max_length=100,
        required=False,
        help_text="A star stands for anything: sales-*.csv. Left empty, every file that may hold rows.",
    )

    def clean_host(self) -> str:
        host = str(self.cleaned_data["host"]).strip()
        if re.search(r"[\s/@\\:\x00-\x1f]", host.strip("[]")) and not re.fullmatch(r"[0-9a-fA-F:.]+", host):
            raise forms.ValidationError("Write the server's name only, such as imap.example.com.")
        return host

    def clean_senders(self) -> str:
        senders = senders_of(self.cleaned_data["senders"])
        if not senders or not all("@" in sender for sender in senders):
            raise forms.ValidationError("Write addresses, or domains with an @ before them, with commas between.")
        return ", ".join(senders)

    def clean_folder(self) -> str:
        folder = str(self.cleaned_data["folder"]).strip()
        if not folder.isascii() or not folder.isprintable():
            raise forms.ValidationError("Use a mail folder whose name is in plain letters.")
        return folder

    def clean(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        for name in ("user", "password"):
            if any(ord(letter) < 32 or ord(letter) == 127 for letter in said.get(name) or ""):
                self.add_error(name, "This is one line.")
        return said


def senders_of(text: str) -> list[str]:
    return list(dict.fromkeys(word.strip().lower() for word in text.split(",") if word.strip()))


@dataclass(frozen=True)
class Head:
    """A mail before it is fetched."""

    uid: int
    size: int
    sender: str
    subject: str


class Mailbox:
    """The source."""

    name, title, icon = "mailbox", "A mailbox", "mail"
    about = "Your till mails its export, or a supplier mails its price list, as an attachment."
    form: type[forms.Form] = MailboxForm
    secret: tuple[str, ...] = ("password",)

    def available(self) -> bool:
        return True

    def describe(self, said: Mapping[str, Any]) -> str:
        return f"{said.get('folder', 'INBOX')} at {said.get('host', '')}, mail from {said.get('senders', '')}"

    def check(self, where: Where) -> Found:
        with _open(where, CHECK_SECONDS) as box:
            heads = [head for head in box.heads(0) if _is_wanted(head, where.settings)]
        if not heads:
            return Found(f"Signed in. No mail of the last {DAYS_BACK} days is from these senders with this subject.")
        many = "One mail matches." if len(heads) == 1 else f"{len(heads):,} mails match."
        return Found(f"Signed in. {many}", tuple(head.subject[:100] or "(no subject)" for head in heads[:-6:-1]))

    def fetch(self, where: Where, cursor: Cursor, seen: Seen) -> Iterator[Fetched]:
        with _open(where, MOST_SECONDS) as box:
            if cursor.get("validity") != box.validity:
                cursor.update(validity=box.validity, uid=0)
            for head in box.heads(cursor["uid"]):
                if _is_wanted(head, where.settings):
                    yield from _attachments(box, head, where, seen)
                cursor["uid"] = head.uid


def _is_wanted(head: Head, said: Mapping[str, Any]) -> bool:
    """From one of the senders, to the letter, or of one of the domains; with the subject."""
    senders = senders_of(str(said.get("senders", "")))
    domain = head.sender[head.sender.rfind("@") :]
    return (head.sender in senders or domain in senders) and (
        str(said.get("subject", "")).lower() in head.subject.lower()
    )


def _attachments(box: Box, head: Head, where: Where, seen: Seen) -> Iterator[Fetched]:
    details = {"sender": head.sender[:200], "subject": head.subject[:200]}
    if head.size > MOST_MAIL:
        identity, name = f"{box.validity}:{head.uid}:0", head.subject[:100] or "A mail"
        if not seen(identity):
            yield Fetched(identity, name, _too_large, details)
        return
    pattern = str(where.settings.get("pattern") or "*").lower()
    for number, (name, content) in enumerate(_files(box.mail(head.uid))):
        identity = f"{box.validity}:{head.uid}:{number}"
        if sources.is_offered(name) and fnmatch.fnmatch(name.lower(), pattern) and not seen(identity):
            yield Fetched(identity, name, _opens(content), details)


def _too_large() -> AbstractContextManager[BinaryIO]:
    raise FileProblem(f"The mail is larger than {MOST_MAIL // 1024**2} MB. Have the till pack its file.")


def _opens(content: bytes) -> Any:
    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        yield io.BytesIO(content)

    return opened


def _files(mail: bytes) -> Iterator[tuple[str, bytes]]:
    """The attached files, in their order. A part that cannot be read is none."""
    try:
        message = email.message_from_bytes(mail, policy=_PARSE)
        parts = [part for part in message.walk() if not part.is_multipart()]
    except (ValueError, LookupError, TypeError, AttributeError, IndexError):
        return
    for part in parts:
        with suppress(ValueError, LookupError, TypeError, AttributeError, IndexError):
            name = str(part.get_filename() or "").replace("\\", "/").rpartition("/")[2]
            content = part.get_payload(decode=True)
            if name and isinstance(content, bytes):
                yield name, content


class _Imap(imaplib.IMAP4):
    """An IMAP client that connects where it is told, and reads no answer without end."""

    def __init__(self, peer: Peer, *, tls: bool) -> None:
        self._peer, self._tls = peer, tls
        super().__init__(peer.host, peer.port, addresses.CONNECT_SECONDS)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        made = addresses.connect(self._peer)
        return addresses.encrypted(made, self._peer) if self._tls else made

    def read(self, size: int) -> bytes:
        if size > MOST_MAIL * 2:
            raise self.abort("an answer too large")
        return super().read(size)


class Box:
    """A mail folder, open to be looked at only."""

    def __init__(self, client: imaplib.IMAP4, folder: str) -> None:
        self._client = client
        quoted = folder.replace("\\", "\\\\").replace('"', '\\"')
        status, _ = client.select(f'"{quoted}"', readonly=True)
        if status != "OK":
            raise SourceProblem(f"There is no mail folder {folder[:100]} in this mailbox.")
        self.validity = int((client.response("UIDVALIDITY")[1] or [b"0"])[0] or 0)

    def heads(self, after: int) -> Iterator[Head]:
        """The mails that came after this UID, within the last weeks, the oldest first."""
        since = timezone.now() - dt.timedelta(days=DAYS_BACK)
        date = f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}"
        _, found = self._client.uid("SEARCH", "UID", f"{after + 1}:*", "SINCE", date)
        for uid in sorted(int(word) for word in (found[0] or b"").split()):
            if uid > after and (head := self._head(uid)):
                yield head

    def _head(self, uid: int) -> Head | None:
        _, found = self._client.uid("FETCH", str(uid), _HEAD)
        row = next((part for part in found if isinstance(part, tuple)), None)
        if row is None:
            return None  # somebody has deleted it meanwhile
        size = re.search(rb"RFC822\.SIZE (\d+)", row[0])
        said = email.message_from_bytes(row[1], policy=_PARSE)
        return Head(uid, int(size[1]) if size else 0, _sender(said), _text(said, "Subject"))

    def mail(self, uid: int) -> bytes:
        """The whole mail; nothing where somebody has deleted it meanwhile."""
        _, found = self._client.uid("FETCH", str(uid), "(BODY.PEEK[])")
        return next((bytes(part[1]) for part in found if isinstance(part, tuple)), b"")


def _text(said: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(said.get(name) or "").split())
    except (ValueError, LookupError, TypeError, AttributeError, IndexError):
        return ""  # a header that breaks every rule


def _sender(said: EmailMessage) -> str:
    """The one address the mail is from; nothing where it names none or several."""
    found = {address.lower() for _, address in getaddresses([_text(said, "From")]) if "@" in address}
    return found.pop() if len(found) == 1 else ""


@contextmanager
def _open(where: Where, seconds: float) -> Iterator[Box]:
    """The feed's mail folder. Raises SourceProblem, whatever goes wrong while it is open."""
    said, client = where.settings, None
    way = said.get("encryption")
    peer = addresses.look_up(str(said.get("host", "")), int(said.get("port") or (993 if way == "tls" else 143)))
    if way == "none" and not (settings.FEEDS_PRIVATE_NETWORKS and peer.is_at_home):
        raise SourceProblem("A mailbox is only read over TLS. Choose TLS or STARTTLS.")
    try:
        client = _Imap(peer, tls=way == "tls")
        with addresses.ends_within(seconds, lambda: client.sock if client else None):
            if way == "starttls":
                _start_tls(client, peer)
            _sign_in(client, str(said.get("user", "")), where.secrets.get("password", ""))
            yield Box(client, str(said.get("folder") or "INBOX"))
    except (imaplib.IMAP4.error, OSError, ValueError, EOFError) as error:
        raise SourceProblem(f"{peer.host[:80]} broke off, or does not speak IMAP on port {peer.port}.") from error
    finally:
        if client is not None:
            with suppress(imaplib.IMAP4.error, OSError, ValueError, AttributeError):
                client.shutdown()


def _start_tls(client: imaplib.IMAP4, peer: Peer) -> None:
    try:
        client.starttls(addresses.trust())
    except (imaplib.IMAP4.error, OSError) as error:
        raise SourceProblem(f"{peer.host[:80]} offers no STARTTLS that can be trusted.") from error


def _sign_in(client: imaplib.IMAP4, user: str, password: str) -> None:
    try:
        if (user + password).isascii():
            client.login(user, password)
        else:
            client.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        # Not chained: the server's words may repeat ours.
        raise SourceProblem("The mailbox refuses the sign-in name or the password.") from None


SOURCE = sources.register(Mailbox())
