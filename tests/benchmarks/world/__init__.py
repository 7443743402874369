"""The world of a benchmark: machine, database, servers, peers, directory and load clients."""
