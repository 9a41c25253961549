"""Static files in production: compressed, and addressed by their content."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ContentAddressedStaticFiles(CompressedManifestStaticFilesStorage):
    """Rewrites imports between ES modules too: a module under two addresses would run twice."""

    support_js_module_import_aggregation = True
