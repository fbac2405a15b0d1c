"""One request: who asks, within which limits and rights, how far it came, and what its answer shows. Knows no verb."""
