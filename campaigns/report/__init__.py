"""What came of campaigns."""

from __future__ import annotations

from campaigns.report.building import report_of
from campaigns.report.figures import Report, Uplift, Verdict
from campaigns.report.uplift import uplift_of

__all__ = ["Report", "Uplift", "Verdict", "report_of", "uplift_of"]
