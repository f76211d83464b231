"""People: their accounts, passwords and contact details, and how tries are limited."""
