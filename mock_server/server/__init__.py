"""Everything that waits: sockets, threads, webhooks on their way, Flask and WSGI."""
