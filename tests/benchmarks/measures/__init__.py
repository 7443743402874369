"""The benchmark's measures: reads, writes, subscribers and their memory, watchers, and growth."""
