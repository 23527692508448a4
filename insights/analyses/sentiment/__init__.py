"""What customers' reviews say: a label and a score for each, and what they come to."""

from insights.analyses.sentiment.analysis import Sentiment

ANALYSIS = Sentiment()

__all__ = ["ANALYSIS", "Sentiment"]
