"""The office's work: which step is allowed in which state, and what is found, counted and erased."""
