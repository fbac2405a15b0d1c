"""The bridge under gunicorn. Knows settings and the app; nothing knows it but cli."""
