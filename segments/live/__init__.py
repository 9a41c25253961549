"""Membership as it happens: who entered and left which segment, when, and why."""
