"""Handles the requests of the desk: one module for each subject."""
