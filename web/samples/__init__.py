"""Sample data for a first start."""
