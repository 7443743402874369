"""The HTTP and WebSocket edge: limits, headers, cookies, origins and proxies."""
