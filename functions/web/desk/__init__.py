"""The desk's pages: sign-in, lists, and one submission with all that happened to it."""
