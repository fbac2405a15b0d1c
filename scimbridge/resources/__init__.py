"""What each verb means for users, groups and populations.

Here the mapping room's decisions become calls of the PingOne room, in the order and number that the call budget
allows. Knows SCIM and PingOne's collections; knows neither Flask nor how a request came in.
"""
