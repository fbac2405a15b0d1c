"""`scimbridge explain`: where a path, a filter, a resource or an operation goes."""
