"""The engine: tables in, plain functions out.

What a SCIM attribute is called at PingOne, how its value is written there and which call carries it stands in the
tables and nowhere else. This room compiles the tables at start-up; per request it only runs what it compiled.
Pure: it does no I/O and knows neither Flask nor an HTTP client nor the room that speaks to PingOne.
"""
