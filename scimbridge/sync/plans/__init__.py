"""A plan: what shall change, line by line, in a file that a person reads and a machine applies once."""
