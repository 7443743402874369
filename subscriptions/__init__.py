"""The event hub: carries events between processes and delivers them to subscribers."""
