"""What can be wrong with an input of a metric. A missing weights file is no error but a state: see
`weights`."""


class MetricError(ValueError):
    """An input that a metric cannot work on; the message says what and why."""


class PictureError(MetricError):
    """A file that is no picture, or one that we refuse to decode.

    Attributes
    ----------
    code : str
        ``unreadable``, ``truncated``, ``too_many_pixels`` or ``unknown_format``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ShapeError(MetricError):
    """Feature arrays whose shapes do not fit together, are empty or hold values that are not finite."""
