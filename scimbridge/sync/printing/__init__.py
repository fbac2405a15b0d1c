"""Plans, runs and drift as people see them: text, JSON, and one page of HTML. Values in, words out."""
