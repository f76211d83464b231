"""People: accounts, passwords, contact details, known browsers and rate limits."""
