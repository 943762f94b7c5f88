"""`make load`: a flood of submissions, and an account of each."""
