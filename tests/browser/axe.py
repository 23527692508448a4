"""Accessibility rules of axe-core, run in the page. Its source comes with a package: no network, and no script tag
that our content security policy would refuse."""

import functools
import importlib.resources
from typing import Any

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """rules => axe.run(document, {runOnly: rules}).then(found => found.violations.map(
    rule => `${rule.id}: ${rule.nodes.map(node => node.html.slice(0, 120)).join(' | ')}`))"""


@functools.cache
def source() -> str:
    return (importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Any) -> list[str]:
    """What breaks a rule on the page as it is now. Axe tries styles of its own: the console no longer counts."""
    page.examined = True
    page.evaluate(source())
    found: list[str] = page.evaluate(RUN, RULES)
    return found
