"""Whole runs of a rule file: what is read before, what is kept after, what is remembered of each. Prints nothing."""
