"""What operators do: look whether everything fits together, and see where an attribute goes.

Called by the command line; knows no HTTP server.
"""
