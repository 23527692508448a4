"""Which of our products a competitor's item may be, by name: by meaning, letters, words, size and price.

Nothing here settles anything: what comes out are candidates with a confidence, for a person to confirm.
"""
