"""The tables: reading and writing their items, and the state of each e-mail."""
