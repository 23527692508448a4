"""One product under two codes: what merging them would do, doing it, and taking it back. See docs/merging.md."""

from inventory.merging.planning import Plan, UndoPlan, listed, plan, undo_plan
from inventory.merging.services import MergeRefused, catch_up, merge, undo

__all__ = ["MergeRefused", "Plan", "UndoPlan", "catch_up", "listed", "merge", "plan", "undo", "undo_plan"]
