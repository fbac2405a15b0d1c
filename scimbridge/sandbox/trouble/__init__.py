"""What goes wrong on order: faults, lies, and the readings that are switched."""
