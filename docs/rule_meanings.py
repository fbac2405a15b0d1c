"""What each word of a rule file means, in one sentence, as `meanings` has it for tables. Knows no code."""

from __future__ import annotations

from collections.abc import Mapping

SOURCE: Mapping[str, str] = {
    "key": "The column whose value names one person: unique, never empty, never given to somebody else. Needed.",
    "key_pattern": "A regular expression that every key matches as a whole. Without it, what looks like a number that "
    "a spreadsheet has rewritten (`1.2E+11`, `7.0`) is refused.",
    "complete": "`true`: who is missing has left. `false`: the source has only some people, and nobody is missing. "
    "`true` where it is left out.",
    "made": 'How old the source is: `"mtime"` (the time of the file), `"name:people-%Y-%m-%d.csv"` (a pattern of its '
    'name), or `"column:exported_at"` (the newest value of a column). `"mtime"` for files, nothing for others.',
}
KIND: Mapping[str, str] = {
    "csv": "A CSV file with a header, by its path or by a pattern of which the newest is read.",
    "jsonl": "A file of JSON Lines, by its path or by a pattern of which the newest is read.",
    "sql": "A query, or the name of a `.sql` file. Needs the extra `database`.",
    "duckdb": "A query of DuckDB's, or one file that it reads: Parquet, Excel. Needs the extra `sources`.",
    "ldap": "The URL of an LDAP directory, as `ldaps://dc.example.org`. Needs the extra `ldap`.",
    "scim": "The URL of another SCIM server, as `https://idp.example.org/scim/v2`.",
}
OPTION: Mapping[str, str] = {
    "encoding": 'The encoding of the file, as `"cp1252"` or `"utf-16"`. UTF-8 without it.',
    "delimiter": 'What parts the values, as `";"` or `"\\t"`. A comma without it.',
    "quote": 'What stands around values that have a delimiter in them. `"` without it.',
    "url": 'Where the database is, as SQLAlchemy writes it, without a password; `{ env = "NAME" }` for one with it.',
    "password": 'Where the password stands: `{ env = "NAME" }` or `{ file = "PATH" }`.',
    "memory": 'How much memory DuckDB may take. `"128MB"` without it.',
    "extensions": 'Extensions of DuckDB\'s that are loaded, as `["excel", "httpfs"]`. They are installed beforehand.',
    "s3": "How S3 is reached: `key_id`, `secret`, `session_token` (each where it stands), `region`, `endpoint`, "
    "`url_style`, `use_ssl`, as DuckDB has them.",
    "base": "Where the search begins, as `ou=people,dc=example,dc=org`.",
    "filter": "The filter of the directory or server. `(objectClass=person)` without it in LDAP, everybody in SCIM.",
    "scope": '`"subtree"` or `"one"` level. `"subtree"` without it.',
    "start_tls": "`true`: the connection begins plain and goes on under TLS.",
    "referrals": '`"refuse"`: a part that is on another server refuses the source. `"ignore"`: it is left out.',
    "user": "Who asks: a distinguished name in LDAP, a name in SCIM.",
    "ca_file": "A PEM file of authorities that are trusted.",
    "page_size": "Entries asked for at once. 500 without it in LDAP, 100 in SCIM.",
    "token": "Where the bearer token stands.",
    "resource": "The endpoint of people. `Users` without it.",
}
SCOPE: Mapping[str, str] = {
    "populations": "Populations by id or name: nobody outside of them is changed. All of them where it is left out.",
    "where": "A SCIM filter: whoever it does not hold for is not changed.",
    "protect": "SCIM filters: whoever one of them holds for is never disabled, moved or deleted.",
}
MATCH: Mapping[str, str] = {
    "by": "SCIM paths that are tried in turn to find a person. Each has a row, and the path that keeps the key is one.",
    "adopt": "Whether a first match by anything but the key is applied. `false` where it is left out: it is reported.",
}
RULE_ROW: Mapping[str, str] = {
    "from": "The column. A row of `from` alone is written as plain text.",
    "codec": "How the text is read: one codec, or a list of them in turn.",
    "format": 'Of `date` and `dateTime`: how the text is written, as `"%d.%m.%Y"`.',
    "separator": "Of `split`: what parts the values.",
    "empty": '`"keep"`: an empty value changes nothing. `"clear"`: it clears the attribute. `"keep"` where it is left '
    "out.",
    "on": '`"create"`: it is set when a person is made, and never touched again. `"always"` where it is left out.',
    "values": "What the column has and what is written, as `{ A = true, T = false }`. Another value is a conflict. "
    '`""` is the empty value.',
}
LEAVER: Mapping[str, str] = {
    "missing": 'What becomes of who is missing: `"keep"`, `"disable"` or `"delete"`. `"disable"` where it is left out.',
    "delete_after": 'How long after somebody was first missing they are deleted, as `"90d"`; never without it. '
    '`missing = "delete"` needs it: `"0d"` is at once.',
    "groups": '`"managed"`: leavers are taken out of managed groups at once. `"keep"`: they stay. `"managed"` where it '
    "is left out.",
}
GROUPS: Mapping[str, str] = {
    "from": "Where memberships come from: a source of pairs with its columns `group` and `member` (a key), or a "
    "`column` of people with a `separator`.",
    "manage": 'Names of groups, with `*` and `?`, as `["HR-*"]`. No other group is touched.',
    "extra": '`"remove"`: members whom the source does not name are taken out. `"keep"`: they stay. `"remove"` where '
    "it is left out.",
    "create": "Whether groups that the source names and that are not there are made. `false` where it is left out.",
    "population": "The population of the groups, by id or name. Groups of the environment where it is left out.",
}
GUARD: Mapping[str, str] = {
    "create": "People who are made.",
    "update": "People who are changed.",
    "disable": "People who are disabled.",
    "delete": "People who are deleted.",
    "move": "People who go to another population.",
    "leave": "Memberships that end, of all in managed groups.",
    "leave_one_group": "Memberships that end, of those in one group.",
    "shrink": "How many rows fewer than last applied the source may have.",
    "grow": "How many rows more than last applied the source may have.",
    "full_every": "After how long a plan reads everything anew.",
}
RULE_CODEC: Mapping[str, str] = {
    "strip": "Without blanks at the edges.",
    "lower": "In small letters.",
    "upper": "In capital letters.",
    "split": "Several values, parted by `separator`; empty ones are left out.",
    "boolean": "`true`, `yes`, `y`, `t`, `1`, `on` and their opposites, in any case.",
    "integer": "A whole number of 64 bits.",
    "decimal": "A number such as `12.5`.",
    "date": "A date, written as `2026-03-31`.",
    "dateTime": "A time, written in UTC as `2026-03-31T09:15:27.000Z`; one without a zone is taken as UTC.",
    "country": "An ISO 3166-1 code, or the English name of a country, as the alpha-2 code.",
    "language": "`en_US` as `en-US`.",
    "cn": "The common name at the beginning of a distinguished name, as in `memberOf` of a directory.",
    "userAccountControl": "Active Directory's flags: `false` where the account is disabled.",
    "object": "A JSON object written as text.",
}
