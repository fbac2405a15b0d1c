"""Who is told: the audit record of an attempt. Knows no verb."""
