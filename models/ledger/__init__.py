"""The only writer of calendars: decides on changes and commits them in batches."""
