"""What is seen of the bridge from outside: its log, its figures, its records of changes."""
