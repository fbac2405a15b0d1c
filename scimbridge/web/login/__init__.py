"""Who comes in: credentials, certificates, proxies and limits, before any endpoint."""
