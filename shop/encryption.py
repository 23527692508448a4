"""Encrypted columns: Fernet under a key derived from SECRET_KEY, older keys still readable."""

import base64
import hashlib

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def _fernet() -> MultiFernet:
    digests = [
        hashlib.sha256(b"aisle column " + str(key).encode()).digest()
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def encrypt(text: str) -> str:
    """Ciphertext to store. Encrypting twice gives two different texts."""
    return _fernet().encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    """The text behind `encrypt`. Raises cryptography.fernet.InvalidToken for another key or a changed text."""
    return _fernet().decrypt(text.encode()).decode()


class MFAAdapter(DefaultMFAAdapter):
    """allauth's two-step secrets, stored encrypted."""

    def encrypt(self, text: str) -> str:
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text)
