"""A plan carried out: in order, side by side, each line held against the present record, and none of it twice."""
