"""`make fuzz`: hostile input, guided by coverage."""
