"""The media types by which PingOne tells calls apart (docs/pingone.md §2). Knows no collection."""

JSON = "application/json"
FORCE_CHANGE = (
    "application/vnd.pingidentity.password.forceChange",
    "application/vnd.pingidentity.password.forceChange+json",
)
"""Both spellings of one type (§15.1)."""
IMPORT = "application/vnd.pingidentity.user.import+json"
LOCK = "application/vnd.pingidentity.account.lock+json"
OPERATIONS = "application/vnd.pingidentity.user.scim.patch+json"
PASSWORD_SET = "application/vnd.pingidentity.password.set+json"  # noqa: S105 - a media type
UNLOCK = "application/vnd.pingidentity.account.unlock+json"
