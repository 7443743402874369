"""Pages of the web client, with titles, link previews and data filled in by the server."""
