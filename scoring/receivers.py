"""Listens to annotations: a stored image is queued for scoring."""
