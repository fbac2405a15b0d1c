"""The OpenAPI description of the SCIM API, made from the tables. Pure."""
