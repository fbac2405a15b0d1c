"""The words of `scimbridge reconcile`: options in, one value of `sync.runs` out, printed; and exit codes."""
