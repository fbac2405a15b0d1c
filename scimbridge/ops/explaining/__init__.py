"""`scimbridge explain`: where a path, a filter or a resource goes."""
