"""What operators are shown: the values of `ops` as text, for a terminal or for a file, and as JSON."""
