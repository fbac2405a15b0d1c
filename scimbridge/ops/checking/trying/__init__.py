"""`check --write`: a throw-away user and group, made, changed and deleted to see what PingOne takes and keeps."""
