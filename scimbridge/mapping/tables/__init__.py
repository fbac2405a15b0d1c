"""The tables: TOML in, one compiled `Table` for each resource type out, with every fault reported at once. Pure."""
