"""The order as its supplier gets it: by a real SMTP server, once, whatever is repeated."""

import csv
import email
import io
import socket
import threading
from decimal import Decimal
from email import policy

import pytest
from aiosmtpd.controller import Controller
from django.core import mail
from django.db import connection

from inventory import order_mail, orders
from inventory.models import Barcode, Product, PurchaseOrder, Supplier
from shop import jobs
from shop.models import Branch, Job
from shop.tenancy import use_shop
from tests.inventory.test_orders import BY, add

SUPPLIER = "orders@farm.example"


class Letterbox:
    def __init__(self):
        self.mails, self.refuse = [], False

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if self.refuse:
            return "550 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(email.message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def letterbox(settings):
    box = Letterbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS = "127.0.0.1", False
    settings.EMAIL_PORT = port
    settings.DEFAULT_FROM_EMAIL = "Aisle <aisle@platform.example>"
    yield box
    server.stop()


def ready(shop):
    """An order of two lines on its branch's draft."""
    Supplier.objects.update(email=SUPPLIER, lead_time_days=1, delivery_weekdays="024")
    milk, choc = Product.objects.get(sku="MILK"), Product.objects.get(sku="CHOC")
    Product.objects.filter(pk=milk.pk).update(pack_size=6)
    Product.objects.filter(pk=choc.pk).update(name="=HYPERLINK chocolate")
    branch = Branch.objects.order_by("id").first()
    milk.refresh_from_db()
    add(branch, milk, 50)
    return add(branch, choc, 5, source="hand:2").order


def run_jobs():
    for job in Job.objects.filter(kind="order_mail"):
        jobs.run(job.pk)


@pytest.fixture
def order(committed_cast):
    with use_shop(committed_cast.green):
        yield ready(committed_cast.green)


def test_the_supplier_gets_a_mail_with_the_lines_and_a_file(order, letterbox):
    approved = orders.approve(order=order, by=BY)
    run_jobs()
    order.refresh_from_db()
    assert (order.mail, order.mailed_to) == ("sent", SUPPLIER)
    [got] = letterbox.mails
    assert (got["To"], got["From"], got["Reply-To"]) == (SUPPLIER, "Green Grocer <aisle@platform.example>", BY)
    assert got["Subject"].startswith("Order 1 from Green Grocer, High Street, for ")
    text = got.get_body().get_content()
    assert "8 cases of 6 and 2 pieces  Green Grocer milk 2 L (MILK), 50 in all" in text
    assert "1.10" not in text, "costs are not the supplier's business"
    [file] = got.iter_attachments()
    assert file.get_filename() == "order_1.csv"
    content = file.get_content() if isinstance(file.get_content(), str) else file.get_content().decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(content.lstrip("\ufeff"))))
    assert content.startswith("\ufeff")
    milk = Barcode.objects.get(product__sku="MILK").code
    assert rows[1] == {
        "order": "1", "delivery_day": approved.expected_on.isoformat(), "sku": "MILK", "barcode": milk,
        "product": "Green Grocer milk 2 L", "cases": "8", "pieces_in_a_case": "6", "quantity": "50", "unit": "piece",
    }  # fmt: skip
    assert rows[0]["product"] == "'=HYPERLINK chocolate"


def test_two_approvals_at_once_mail_once(order, letterbox):
    start = threading.Barrier(2)

    def approve():
        try:
            with use_shop(order.shop):
                start.wait()
                orders.approve(order=order, by=BY)
        finally:
            connection.close()

    threads = [threading.Thread(target=approve) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert Job.objects.filter(kind="order_mail").count() == 1
    run_jobs()
    run_jobs()
    assert len(letterbox.mails) == 1


def test_a_mail_refused_says_why_and_goes_again(order, letterbox):
    letterbox.refuse = True
    orders.approve(order=order, by=BY)
    run_jobs()
    order.refresh_from_db()
    assert order.mail == "failed"
    assert "Check the supplier's address" in order.mail_error
    letterbox.refuse = False
    for _ in range(2):
        orders.mail_again(order=order, by=BY)
    assert Job.objects.filter(kind="order_mail").count() == 2
    run_jobs()
    order.refresh_from_db()
    assert (order.mail, order.mail_error, len(letterbox.mails)) == ("sent", "", 1)


def test_a_mail_server_that_is_away_is_a_sentence(order, letterbox, settings):
    settings.EMAIL_PORT = 1
    orders.approve(order=order, by=BY)
    run_jobs()
    order.refresh_from_db()
    assert order.mail == "failed"
    assert "send the file yourself" in order.mail_error


def test_work_stopped_while_the_mail_left_is_not_mailed_again(order, letterbox):
    orders.approve(order=order, by=BY)
    Job.objects.filter(kind="order_mail").update(step={"leaving": SUPPLIER})
    run_jobs()
    order.refresh_from_db()
    assert (order.mail, letterbox.mails) == ("failed", [])
    assert "Ask the supplier" in order.mail_error


def test_a_cancelled_order_is_not_mailed(order, letterbox):
    orders.approve(order=order, by=BY)
    orders.cancel(order=order)
    run_jobs()
    assert (PurchaseOrder.objects.get().mail, letterbox.mails) == ("", [])


@pytest.mark.django_db
def test_hostile_names_make_no_headers(cast, settings):
    with use_shop(cast.green):
        order = ready(cast.green)
        Branch.objects.filter(pk=order.branch_id).update(name="High\r\nBcc: all@shops.example")
        Supplier.objects.update(name="Farm\nSubject: x")
        order = orders.approve(order=PurchaseOrder.objects.get(), by="not an address\nX: y")
        message = order_mail.message_of(order).message()
    assert message["Bcc"] is None and message["Reply-To"] is None and "X" not in message
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("quantity", "pack", "words"),
    [("48", 6, "8 cases of 6"), ("6", 6, "1 case of 6"), ("5", 6, "5 pieces"), ("1", None, "1 piece")],
)
def test_amounts_are_written_as_cases(cast, quantity, pack, words):
    with use_shop(cast.green):
        milk = Product.objects.get(sku="MILK")
        milk.pack_size = pack
        milk.save()
        line = add(Branch.objects.first(), milk, Decimal(quantity))
    assert order_mail.in_cases(line) == words
