"""The measures: reads, writes, subscribers with their memory, watchers, and growth."""
