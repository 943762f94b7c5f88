"""E-mail: its words, its transport, and one attempt at sending it."""
