"""The layers of `send`: token, retry, rate, circuit and HTTP, each over the one below. Knows no collection."""
