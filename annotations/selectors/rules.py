from typing import Any

from annotations.models import Study


def declared_rules(study: Study) -> list[dict[str, Any]]:
    """Those of the frozen design; a draft's own as long as nothing is frozen."""
    settings = (study.design or {}).get("settings", {})
    return list(settings.get("rules", study.rules))
