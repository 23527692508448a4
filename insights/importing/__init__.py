"""Help with files that come in: a model may propose how their columns are matched."""
