"""`scimbridge check` of the operations: whether the worker may do what each row of `operations.toml` says."""
