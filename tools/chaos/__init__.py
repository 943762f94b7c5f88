"""Breaks the way from a posted form to its e-mails at every point where it can break, and looks what became of them."""
