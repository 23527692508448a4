"""Files and functions stay small enough to be read in one go."""

import ast

import pytest

from shop.embedded import REPOSITORY

APPS = ("shop", "inventory", "customers", "sales", "insights", "bench", "clients")
SOURCES = sorted(
    path for app in APPS for path in (REPOSITORY / app).rglob("*.py") if "migrations" not in path.parts
)  # fmt: skip


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_no_file_over_400_lines_and_no_function_over_60(path):
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= 400
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < 60, node.name
