"""How Django writes dates in forms and lists: the 24-hour clock, the weekday where it helps."""
