"""What the floor above may listen to. Sent after commit; scoring.receivers connects."""

from django.dispatch import Signal

# Keyword arguments: study_id: int, image_ids: list[int]
images_stored = Signal()
