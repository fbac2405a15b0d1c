"""`scimbridge check --rules`: whether a rule file, its sources and the directory fit together. Changes nothing."""
