"""Who asks, and what they may do: credentials end here, as a frozen `Caller`.

Knows neither SCIM messages nor PingOne.
"""
