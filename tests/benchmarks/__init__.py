"""`make bench`: the cost of ExpertBook's operations, compared with other servers of this purpose.

`measures` has the loads; `world` the machine, the servers and their clients; `report` the figures,
the aims and the tables.
"""
