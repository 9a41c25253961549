"""Static files in production: compressed, and addressed by their content."""

from __future__ import annotations

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_, _IMPORTS = HashedFilesMixin._js_module_import_aggregation_patterns  # type: ignore[attr-defined]


class ContentAddressedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Rewrites the imports between our ES modules too.

    A module under two addresses would run twice. Django's own switch for it would also read the
    scripts of packages, some of which import what isn't shipped.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", _IMPORTS),
        ("wizard/*.js", _IMPORTS),
    )
