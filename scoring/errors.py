from annotations.errors import ArenaError


class ScoringRefused(ArenaError):
    code = "scoring_refused"
    status = 409
