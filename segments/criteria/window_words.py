"""Phrases of windows, whole for each unit: in many languages the unit decides the other words."""

from __future__ import annotations

from django.utils.translation import ngettext


def say_last(number: int, unit: str) -> str:
    """ "in the last 30 days"."""
    phrases = {
        "hours": ngettext("in the last %d hour", "in the last %d hours", number),
        "days": ngettext("in the last %d day", "in the last %d days", number),
        "weeks": ngettext("in the last %d week", "in the last %d weeks", number),
        "months": ngettext("in the last %d month", "in the last %d months", number),
        "years": ngettext("in the last %d year", "in the last %d years", number),
    }
    return phrases[unit] % number


def say_next(number: int, unit: str) -> str:
    """ "in the next 7 days"."""
    phrases = {
        "hours": ngettext("in the next %d hour", "in the next %d hours", number),
        "days": ngettext("in the next %d day", "in the next %d days", number),
        "weeks": ngettext("in the next %d week", "in the next %d weeks", number),
        "months": ngettext("in the next %d month", "in the next %d months", number),
        "years": ngettext("in the next %d year", "in the next %d years", number),
    }
    return phrases[unit] % number


def say_ago(number: int, unit: str) -> str:
    """ "more than 90 days ago"."""
    phrases = {
        "hours": ngettext("more than %d hour ago", "more than %d hours ago", number),
        "days": ngettext("more than %d day ago", "more than %d days ago", number),
        "weeks": ngettext("more than %d week ago", "more than %d weeks ago", number),
        "months": ngettext("more than %d month ago", "more than %d months ago", number),
        "years": ngettext("more than %d year ago", "more than %d years ago", number),
    }
    return phrases[unit] % number
