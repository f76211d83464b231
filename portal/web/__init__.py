"""What the portal needs of the web as such: headers, ranges, JSON, HTMX, errors. Knows no
interview and no job.
"""
