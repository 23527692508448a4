"""Reviews at work: what they count as, what a person says of them, what is answered, and what they come to."""
