"""Where people come from: rows, one at a time, with the line that each stands on."""
