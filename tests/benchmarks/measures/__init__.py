"""The measures: reads, writes, subscribers with their memory, and growth."""
