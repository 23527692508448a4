"""What decisions earned: each measured 7, 14 and 28 days after it took effect, against what was left alone."""

from insights.analyses.outcomes.analysis import Outcomes

ANALYSIS = Outcomes()

__all__ = ["ANALYSIS", "Outcomes"]
