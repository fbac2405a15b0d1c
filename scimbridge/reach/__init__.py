"""Who may go where: what of PingOne a client may see. Knows no verb and no list."""
