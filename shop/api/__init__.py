"""The till API: how tills reach a shop, and what every endpoint shares."""
