"""The media types by which PingOne tells calls apart (docs/pingone.md §2). Knows no collection."""

JSON = "application/json"
IMPORT = "application/vnd.pingidentity.user.import+json"
LOCK = "application/vnd.pingidentity.account.lock+json"
OPERATIONS = "application/vnd.pingidentity.user.scim.patch+json"
PASSWORD_SET = "application/vnd.pingidentity.password.set+json"  # noqa: S105 - a media type
UNLOCK = "application/vnd.pingidentity.account.unlock+json"
