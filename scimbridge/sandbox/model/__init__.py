"""The rules of users, groups, populations and memberships. Knows no HTTP."""
