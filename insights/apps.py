"""Django app configuration."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "insights"

    def ready(self) -> None:
        from insights import after_imports, markdown_acts, night, pricing_acts  # noqa: F401  some hear of imports
        from insights.briefs import sending  # noqa: F401  registers its job and its hour
        from insights.importing import copilot
        from insights.matching import job as matching
        from insights.merging import bulk, offering  # noqa: F401  register a job, and what imports offer
        from insights.merging import job as pairs
        from insights.merging import links as merging
        from insights.ordering import acts
        from insights.reviews import acts as replies
        from insights.search import index as search

        night.register()
        acts.register()
        pricing_acts.register()
        markdown_acts.register()
        matching.register()
        replies.register()
        search.register()
        merging.declare()
        pairs.register()
        copilot.register()
