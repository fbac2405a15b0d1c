"""The media types by which PingOne tells calls apart (docs/pingone.md §2). Knows no collection."""

JSON = "application/json"
IMPORT = "application/vnd.pingidentity.user.import+json"
OPERATIONS = "application/vnd.pingidentity.user.scim.patch+json"
PASSWORD_SET = "application/vnd.pingidentity.password.set+json"  # noqa: S105 - a media type
