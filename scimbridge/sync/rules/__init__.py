"""What a rule file says: compiled once into frozen values, every fault with file, section and line."""
