"""Lists of the pretended environment: filters, pages and cursors. Knows no HTTP."""
