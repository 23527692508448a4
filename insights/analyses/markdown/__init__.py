"""Near-date markdown: small steps down in time, lot by lot, so that less is thrown away and more is earned."""

from insights.analyses.markdown.analysis import Markdown

ANALYSIS = Markdown()

__all__ = ["ANALYSIS", "Markdown"]
