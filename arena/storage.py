from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Rewrites the imports inside ES modules too, so that a release never mixes with cached old modules."""

    support_js_module_import_aggregation = True
