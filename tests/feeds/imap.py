"""A mail server on this machine that speaks enough IMAP to be read, over TLS, and notes whatever is said to it."""

from __future__ import annotations

import base64
import re
import socketserver
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any


def mail(sender: str, subject: str, **files: bytes) -> bytes:
    """A mail as a till sends it; `files` by name, with _ for the dot."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "files@shop.example", subject
    message.set_content("The day's sales are attached.")
    for name, content in files.items():
        message.add_attachment(content, maintype="text", subtype="csv", filename=name.replace("_", "."))
    return message.as_bytes()


@dataclass
class Mails:
    """A mail server. `said` is every command it was given, `mails` what is in its INBOX, by UID."""

    context: ssl.SSLContext | None
    user: str = "till@shop.example"
    password: str = "mail secret"
    validity: int = 7
    mails: dict[int, bytes] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=dict)  # instead of its own, by command
    closed: bool = False

    def __post_init__(self) -> None:
        handler = type("ImapHandler", (_Handler,), {"box": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._server.box = self
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def put(self, content: bytes) -> int:
        uid = max(self.mails, default=100) + 1
        self.mails[uid] = content
        return uid

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    box: Mails

    def get_request(self) -> Any:
        made, address = super().get_request()
        made.settimeout(10)
        return made, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that breaks off is no news."""


class _Handler(socketserver.StreamRequestHandler):
    box: Mails

    def setup(self) -> None:
        if self.box.context is not None:
            self.request = self.box.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def handle(self) -> None:
        if self.box.closed:
            return
        self.say("* OK ready")
        with suppress(OSError, ValueError):
            while line := self.rfile.readline():
                text = line.decode().strip()
                tag, _, command = text.partition(" ")
                self.box.said.append(command)
                word = " ".join(command.upper().split()[: 2 if command.upper().startswith("UID") else 1])
                if word in self.box.answers:
                    self.wfile.write(self.box.answers[word])
                    return
                if not self.obey(tag, word, command):
                    return

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def obey(self, tag: str, word: str, command: str) -> bool:
        if word == "CAPABILITY":
            self.say("* CAPABILITY IMAP4REV1 AUTH=PLAIN")
        elif word == "LOGIN":
            return self.sign_in(tag, command == f'LOGIN {self.box.user} "{self.box.password}"')
        elif word == "AUTHENTICATE":
            self.say("+ ")
            told = base64.b64decode(self.rfile.readline()).decode()
            return self.sign_in(tag, told == f"\0{self.box.user}\0{self.box.password}")
        elif word in ("EXAMINE", "SELECT"):
            if '"INBOX"' not in command:
                self.say(f"{tag} NO no such folder")
                return True
            self.say(f"* {len(self.box.mails)} EXISTS")
            self.say(f"* OK [UIDVALIDITY {self.box.validity}] there")
        elif word == "UID SEARCH":
            self.search(command)
        elif word == "UID FETCH":
            self.fetch(command)
        elif word == "LOGOUT":
            self.say("* BYE")
        self.say(f"{tag} OK done")
        return word != "LOGOUT"

    def sign_in(self, tag: str, good: bool) -> bool:
        self.say(f"{tag} OK in" if good else f"{tag} NO [AUTHENTICATIONFAILED] wrong")
        return True

    def search(self, command: str) -> None:
        first = int(re.search(r"UID (\d+):\*", command.removeprefix("UID "))[1])  # type: ignore[index]
        assert re.search(r"SINCE \d{1,2}-[A-Z][a-z]{2}-\d{4}", command)
        found = [uid for uid in self.box.mails if uid >= first]
        # As every server does: the star is the last mail there is, even where it came before the first asked for.
        found = found or list(self.box.mails)[-1:]
        self.say(" ".join(["* SEARCH", *map(str, found)]))

    def fetch(self, command: str) -> None:
        uid = int(command.split()[2])
        content = self.box.mails.get(uid)
        if content is None:
            return
        assert "BODY.PEEK" in command, "a mail that is looked at stays unread"
        if "HEADER" in command:
            head = content.partition(b"\n\n")[0].replace(b"\n", b"\r\n") + b"\r\n\r\n"
            self.literal(f"* 1 FETCH (UID {uid} RFC822.SIZE {len(content)} BODY[HEADER.FIELDS (FROM)]", head)
        else:
            self.literal(f"* 1 FETCH (UID {uid} BODY[]", content)

    def literal(self, before: str, content: bytes) -> None:
        self.say(f"{before} {{{len(content)}}}")
        self.wfile.write(content + b")\r\n")
