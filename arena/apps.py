from django.apps import AppConfig


class ArenaConfig(AppConfig):
    name = "arena"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Binds @shared_task to our app. Not in arena/__init__.py: arena.analytics must not load Django.
        from arena import celery  # noqa: F401
