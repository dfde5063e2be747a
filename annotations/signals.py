"""What the floor above may listen to. Sent after commit; scoring connects its receivers in scoring.receivers."""

from django.dispatch import Signal

# Keyword arguments: study_id: int, image_ids: list[int]
images_stored = Signal()
