"""The one family of expected refusals."""

from http import HTTPStatus


class Refused(Exception):
    """An expected "no", with a sentence for the person that says what to do.

    Each service subclasses it beside its code and names a stable `code`. Pages show the sentence; the API
    answers problem+json with the code; tasks do not retry it.
    """

    code = "refused"
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotAllowed(Refused):
    """The person's role lacks a capability."""

    code = "not_allowed"
    status = HTTPStatus.FORBIDDEN
