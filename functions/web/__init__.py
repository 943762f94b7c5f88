"""Requests and responses: pages, receipts, limits."""
