"""States of a user's account: what a client may set of them, and how each is brought about."""
