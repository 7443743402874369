"""Establish who makes a request, and decide what that person may do."""
