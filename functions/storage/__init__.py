"""The tables: reading and writing items, and which change is allowed in which state."""
