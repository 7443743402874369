"""`make bench`: the cost of ExpertBook's operations, next to other servers of the same purpose.

`measures` has the loads; `world` the machine, the servers and their clients; `report` the figures,
the aims and the tables.
"""
