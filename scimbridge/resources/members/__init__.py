"""Members of groups: read by page, laid under own changes, changed one call each."""
