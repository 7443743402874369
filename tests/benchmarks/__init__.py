"""`make bench`: the cost of ExpertBook's operations, compared with similar servers.

`measures` contains the loads, `world` the machine, the servers and their clients, and `report` the
figures, the targets and the tables.
"""
