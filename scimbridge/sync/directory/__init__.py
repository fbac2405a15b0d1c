"""The directory read whole: every record once, counted, or an error."""
