"""The edge: HTTP in and out.

Flask is known here and nowhere behind. A request becomes a `RequestContext` and a body; a reply or an error becomes a
response.
"""
