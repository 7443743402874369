"""MongoDB access that is independent of the domain: connection, transactions, pages, encoding."""
