"""Everything that changes campaigns and what they are sent with."""
