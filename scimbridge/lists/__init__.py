"""How many are read: windows and walks over PingOne's pages, exact or refused. Knows no writing verb."""
