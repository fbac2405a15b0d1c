"""What the pretended environment holds: records, edges and the file that keeps them. Knows no HTTP."""
