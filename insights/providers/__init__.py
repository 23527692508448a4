"""Models a shop may ask. Analyses come in by `insights.providers.gateway` and know no vendor."""
