"""`scimbridge check`: whether everything fits together."""
