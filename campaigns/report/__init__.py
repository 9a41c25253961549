"""What came of campaigns: `building.report_of`, and `uplift.uplift_of` against a hold-out group."""
