"""`manage.py describe_criteria`: docs/criteria.md, written from the criteria themselves."""

from __future__ import annotations

import inspect
import json
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from segments.criteria.base import Criterion, Speech, all_criteria, control_of
from segments.criteria.conditions import Condition
from segments.criteria.forms import criterion_form, describe_field
from segments.criteria.values import NumberOperator, TextOperator

PAGE: Final = "docs/criteria.md"

# What examples leave open, because every workspace has its own.
STAND_INS: Final = {"{segment}": "12", "{list}": "3"}
LABELS: Final = {("segment", "12"): "Loyal customers", ("list", "3"): "Trade fair 2026"}
CURRENCY: Final = "EUR"

INTRODUCTION: Final = """\
# Criteria

<!-- Written by `./dev manage describe_criteria`; don't edit by hand. -->

Every row of a segment asks one of these questions. `type` in a tree is the key given here; the
parameters stand beside it:

```json
{"type": "transactions.amount_spent", "operator": "at_least", "amount": "100.00",
 "window": {"last": 30, "unit": "days"}}
```

Rows are combined with `{"all": […]}`, `{"any": […]}` and `{"not": …}`, and `{"segment": 12}` is
everybody in another segment; any depth up to eight. What answers mean exactly (time, missing
values, zero, money) is in [semantics.md](semantics.md), how to send a tree in [rest.md](rest.md).
`GET /api/v1/criteria/` gives the same list with a JSON schema of each.

## Parameters found everywhere

**Windows** say when. One key decides the kind: `"ever"` · `{"last": 30, "unit": "days"}` ·
`{"calendar": "previous_month"}` · `{"last_whole_days": 7}` ·
`{"from": "2026-01-01", "to": "2026-03-31"}` · `{"older_than": 90, "unit": "days"}` ·
`{"between": [30, 60], "unit": "days"}` · `{"since": {"activity": "newsletter_read"}}`; dates that
can lie ahead also take `{"next": 7, "unit": "days"}`. Units are `hours`, `days`, `weeks`, `months`
and `years`; a window with `"zone": "contact"` goes by each contact's own time zone.

**Text operators** are `any_of`, `contains`, `starts_with`, `ends_with`, `matches` (`*` any
characters, `?` one), `has_value`, and the opposite of each: `none_of`, `not_contains`,
`not_starts_with`, `not_ends_with`, `not_matches`, `has_no_value`. Of several values one is enough
for the positive operator. **Number operators** are `at_least`, `more_than`, `at_most`,
`less_than`, `exactly`, `not_exactly` and `between`, which takes the upper end as `upper` (both ends
are in). **Money** is a text like `"19.90"` in the workspace's base currency. **`statuses`** chooses
which statuses of a transaction count; without it `paid` and `fulfilled` do.
"""

CONTROLS: Final = {
    "boolean": "`true` or `false`",
    "date": "a date like `2026-06-30`",
    "money": "money",
    "parameter": "the key of one of the kind's parameters",
    "percent": "a percentage",
    "text": "text",
    "texts": "a list of texts",
    "window": "a window",
}


# What keys of trees name, one and several of them.
NAMED: Final = {
    "activity_kind": ("the key of a kind of activity", "keys of kinds of activities"),
    "attribute": ("the key of an attribute", "keys of attributes"),
    "brand": ("a brand's name", "names of brands"),
    "campaign": ("the key messages of a campaign carry", "keys messages of campaigns carry"),
    "category": ("the key of a contact category", "keys of contact categories"),
    "line_property": ("the name of a property of lines", "names of properties of lines"),
    "list": ("a list's id as text", "ids of lists as texts"),
    "product": ("a product's external id or name", "external ids or names of products"),
    "product_category": ("a product category's name", "names of product categories"),
    "segment": ("a segment's id as text", "ids of segments as texts"),
    "tag": ("the key of a tag", "keys of tags"),
    "variant": ("a variant's external id", "external ids of variants"),
}

# Long lists of operators that the introduction has spelled out.
OPERATORS: Final = {
    tuple(TextOperator.values): "a text operator",
    tuple(NumberOperator.values): "a number operator",
}


class Command(BaseCommand):
    """Writes docs/criteria.md, or (`--check`) fails when it isn't what the code says."""

    help = f"Write {PAGE} from the registered criteria"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether it is current")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / PAGE
        page = criteria_page()
        if not options["check"]:
            path.write_text(page, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != page:
            raise CommandError(f"{PAGE} is out of date: run ./dev manage describe_criteria")


def criteria_page() -> str:
    """The whole page, in English."""
    with translation.override("en"):
        criteria = all_criteria()
        parts = [INTRODUCTION, _contents(criteria)]
        for family, members in groupby(criteria, key=lambda cls: cls.family):
            parts.append(f"## {family.label}\n")
            parts += [_section(cls) for cls in members]
        parts.append(_conditions_section(criteria))
        return "\n".join(parts)


def _contents(criteria: Iterable[type[Criterion]]) -> str:
    rows = ["| | |", "|---|---|"]
    for family, members in groupby(criteria, key=lambda cls: cls.family):
        links = " · ".join(f"[{cls.label}](#{_anchor(cls)})" for cls in members)
        rows.append(f"| {family.label} | {links} |")
    return "\n".join(rows) + "\n"


def _anchor(cls: type[Criterion]) -> str:
    """What renderers make of the heading, which is the key alone."""
    return cls.key.replace(".", "")


def _section(cls: type[Criterion]) -> str:
    lines = [f"### {cls.key}\n", f"**{cls.label}.** {_question(cls)}\n"]
    lines += ["| parameter | | takes |", "|---|---|---|"]
    lines += [_row(name, field) for name, field in criterion_form(cls)["fields"].items()]
    lines += ["", *_examples(cls)]
    return "\n".join(lines) + "\n"


def _question(cls: type[Criterion]) -> str:
    """The class's docstring: what it asks, units, and what counts."""
    return " ".join(inspect.cleandoc(cls.__doc__ or "").split())


def _row(name: str, field: Mapping[str, Any]) -> str:
    takes = [_takes(field)]
    if shown_when := field.get("shown_when"):
        takes.append("only with " + " and ".join(_when(*item) for item in shown_when.items()))
    elif field["required"]:
        takes.append("**required**")
    elif field.get("default") not in (None, [], ""):
        takes.append(f"`{field['default']}` unless given")
    return f"| `{name}` | {field['label']} | {'; '.join(takes)} |"


def _when(other: str, allowed: list[str]) -> str:
    return f"{other} {' '.join(f'`{value}`' for value in allowed)}"


def _takes(field: Mapping[str, Any]) -> str:
    control = field["control"]
    if options := field.get("options"):
        if known := OPERATORS.get(tuple(option["value"] for option in options)):
            return known
        values = " ".join(f"`{option['value']}`" for option in options)
        return f"a list of: {values}" if control == "selects" else values
    if control == "conditions":
        names = " ".join(f"`{n}`" for kind in field["conditions"] for n in kind["fields_names"])
        return f"a list of [conditions](#conditions) on the same row: {names}"
    if control in {"reference", "references"}:
        one, several = NAMED[field["reference"]]
        kinds = f" of type {' or '.join(field['types'])}" if field.get("types") else ""
        return f"{several if control == 'references' else one}{kinds}"
    if control == "number":
        return "a whole number" if field.get("whole") else "a number"
    if control == "window" and field.get("ahead"):
        return "a window, which may lie ahead"
    return CONTROLS[control]


def _examples(cls: type[Criterion]) -> Iterator[str]:
    for example in cls.examples:
        filled = _filled(example)
        said = cls.model_validate(filled).say(Speech(CURRENCY, LABELS))
        document = json.dumps({"type": cls.key, **filled}, ensure_ascii=False)
        yield f"- People who {said}:  \n  `{document}`"


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(item) for item in value]
    return STAND_INS.get(value, value) if isinstance(value, str) else value


def _conditions_section(criteria: Iterable[type[Criterion]]) -> str:
    lines = [
        "## Conditions\n",
        "Filters inside a row. All of them hold for the *same* visit, activity or line:"
        ' `{"field": "brand", "operator": "any_of", "values": ["Aurelia"]}`.\n',
        "| field | asks about | parameters |",
        "|---|---|---|",
    ]
    seen: set[type[Condition]] = set()
    for kind in _condition_kinds(criteria):
        if kind not in seen:
            seen.add(kind)
            lines.append(_condition_row(kind))
    return "\n".join(lines) + "\n"


def _condition_kinds(criteria: Iterable[type[Criterion]]) -> Iterator[type[Condition]]:
    for cls in criteria:
        for info in cls.model_fields.values():
            control = control_of(info)
            if control is not None:
                yield from control.extras.get("conditions", ())


def _condition_row(kind: type[Condition]) -> str:
    described = {
        (info.alias or name): describe_field(info, info.alias or name)
        for name, info in kind.model_fields.items()
        if name != "field"
    }
    takes = ", ".join(f"`{name}`: {_takes(field)}" for name, field in described.items())
    names = " ".join(f"`{name}`" for name in kind.field_names())
    return f"| {names} | {kind.label} | {takes} |"
