"""A directory written to a file: whole, counted, and in place only when complete. Knows no option and no screen."""
