"""The environment of a benchmark: machine, database, servers, peers, data and load clients."""
