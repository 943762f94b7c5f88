"""`make scan`: what scanners find in the template and in the code."""
