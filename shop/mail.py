"""The mail we write ourselves. Signing in and passwords are allauth's, templates/account/email/."""

import logging
import smtplib

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from shop.models import Shop, User
from shop.roles import Role

log = logging.getLogger("aisle.mail")


def leaves_this_machine() -> bool:
    """Whether mail goes out by SMTP. Otherwise it is a file in the data folder, and links have to be shown."""
    return bool(settings.EMAIL_HOST)


def send_invitation(*, shop: Shop, email: str, role: str, link: str, by: User) -> bool:
    """Mail the link that joins the shop. False where no SMTP server took it: then show the link instead."""
    context = {"shop": shop, "role": Role(role).label, "link": link, "by": by}
    subject = " ".join(render_to_string("shop/mail/invitation_subject.txt", context).split())
    try:
        send_mail(subject, render_to_string("shop/mail/invitation.txt", context), None, [email])
    except (OSError, smtplib.SMTPException) as error:
        log.warning("mail not sent", extra={"why": type(error).__name__})
        return False
    return leaves_this_machine()
