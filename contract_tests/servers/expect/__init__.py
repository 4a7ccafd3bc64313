"""What may come back, decided from the request and what is known of the ids in it."""
