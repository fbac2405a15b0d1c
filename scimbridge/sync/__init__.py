"""Export and reconcile: a directory is read whole, held against a source, and brought to what the source says.

Data goes one way: rules and sources -> planning (with the directory) -> plans, files that a person reads -> applying.
What is returned are values; `printing` makes text, JSON and pages of them. Knows no web framework.
"""
