"""Who may go where: the only door to PingOne's records, as far as each caller may go. Knows no verb and no list."""
