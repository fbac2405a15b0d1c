"""The API of the pretended environment: routes, tokens, bodies and refusals."""
