"""A process killed with -9 while a model is answering: what may have been charged is counted, and not asked again."""

import signal
import subprocess
import sys
import time
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache

from insights.models import LLMCall
from insights.providers import budget, gateway
from insights.providers.base import Ask
from shop.scope import use_shop
from tests.concurrency.night import PROJECT, _environment
from tests.factories import Cast
from tests.vendors import Fault, Vendor
from tests.vendors.connecting import connect

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = {"type": "object", "properties": {"sentence": {"type": "string"}}, "required": ["sentence"]}
ASK = Ask("forecast", "1", "Put it into words.", {"sold": 48}, TEXT)
WORKER = """
import django; django.setup()
from django.db import transaction
from shop.scope import use_shop
from tests.concurrency.test_models import ASK
from insights.providers import gateway
with use_shop({shop}), transaction.atomic():
    gateway.ask(ASK, run_key="run:1")
"""


def test_a_killed_call_is_counted_and_not_paid_twice(committed_cast: Cast, vendor: Vendor, settings: Any) -> None:
    settings.MODELS_ALLOW_LOCAL = True
    cache.clear()
    shop = committed_cast.green
    connect(shop, vendor)
    vendor.script(Fault.HANG)
    environment = _environment() | {"DJANGO_SETTINGS_MODULE": "shop.settings", "AISLE_MODELS_ALLOW_LOCAL": "1"}
    command = [sys.executable, "-c", WORKER.format(shop=shop.pk)]
    process = subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=subprocess.DEVNULL)
    ends = time.monotonic() + 60
    while not vendor.asked and time.monotonic() < ends:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with use_shop(shop):
        call = LLMCall.objects.get()
        assert (call.outcome, call.cost) == ("started", None)
        assert budget.spent() == call.reserved > Decimal(0)
        said = gateway.ask(ASK, run_key="run:1")
        assert (said.data, said.why_local) == (None, "The answer of an interrupted call was lost.")
        assert len(vendor.asked) == 1
        assert gateway.ask(ASK, run_key="run:2").data
        assert gateway.ask(ASK, run_key="run:1").cached
    assert len(vendor.asked) == 2
