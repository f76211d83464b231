"""General web code: headers, byte ranges, JSON, HTMX, errors. It knows no interviews or jobs."""
