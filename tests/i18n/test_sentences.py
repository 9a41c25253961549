"""What criteria say in Polish and Portuguese: everything, each in its own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils.formats import date_format, number_format
from django.utils.translation import override

from contacts.services import create_tag
from segments.criteria.agreeing import Agreeing
from segments.criteria.base import Criterion, Speech, all_criteria, find_criterion
from segments.criteria.tree import parse_tree
from segments.sentence import sentence_of
from tests.makers.workspaces import make_workspace
from workspaces.tenancy import workspace_scope

LANGUAGES = ("pl", "pt-br")
SPEECH = Speech(currency="PLN")
# What these hold is said by the label of a choice, not as it stands in the document.
LABELLED = (
    "type field operator unit zone calendar statuses channels channel groups recency frequency "
    "monetary match history held_unit kind kinds link_operator reasons stage subject scope refunds "
    "quantifier model state lacking direction by of statistic comparison topics visit"
).split()
EXAMPLES = [
    pytest.param(cls, example, id=f"{cls.key}-{number}")
    for cls in all_criteria()
    for number, example in enumerate(cls.examples)
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("cls", "example"), EXAMPLES)
def test_every_example_is_said_with_all_its_values(
    cls: type[Criterion], example: dict[str, Any], language: str
) -> None:
    document = filled(example)
    with override("en"):
        english = cls.model_validate(document).say(SPEECH)
    with override(language):
        said = cls.model_validate(document).say(SPEECH)
        values = list(values_of(document))
    assert said != english
    assert not re.search(r"[{}]|  ", said), said
    for spellings in values:
        assert any(re.search(rf"(?<!\w){re.escape(s)}(?!\w)", said) for s in spellings), (
            spellings,
            said,
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_differs_in_english_differs_in_translation(language: str) -> None:
    meanings: dict[str, set[str]] = {}
    for cls in all_criteria():
        for example in cls.examples:
            row = cls.model_validate(filled(example))
            with override("en"):
                english = row.say(SPEECH)
            with override(language):
                meanings.setdefault(row.say(SPEECH), set()).add(english)
    confused = {said: each for said, each in meanings.items() if len(each) > 1}
    assert confused == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_help_and_choices_are_translated(language: str) -> None:
    with override("en"):
        english = texts_of_criteria()
    with override(language):
        translated = texts_of_criteria()
    same = [text for text, other in zip(english, translated, strict=True) if text == other]
    assert sorted(set(same)) == ["Tag"]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "pl",
            "Osoby, które bądź wydały więcej niż PLN 1\xa0234,50 łącznie w ciągu ostatnich "
            "30 dni; bądź (odwiedziły sklep co najmniej 2 razy w ciągu ostatniego 1 roku; i "
            "nie należą do tych, które mają dowolne z tagów vip).",
        ),
        (
            "pt-br",
            "Pessoas que ou gastaram mais de PLN 1.234,50 no total nos últimos 30 dias; ou "
            "(visitaram pelo menos 2 vezes no último 1 ano; e não estão entre as que têm "
            "alguma das tags vip).",
        ),
        (
            "en",
            "People who either spent more than PLN 1,234.50 altogether in the last 30 days; or "
            "(visited at least 2 times in the last 1 year; and are not among those who are "
            "tagged any of vip).",
        ),
    ],
)
@pytest.mark.django_db
def test_a_whole_tree_reads_as_one_sentence(language: str, expected: str) -> None:
    workspace = make_workspace()
    spent = {
        "type": "transactions.amount_spent",
        "operator": "more_than",
        "amount": "1234.50",
        "window": {"last": 30, "unit": "days"},
    }
    visited = {
        "type": "visits.visited",
        "operator": "at_least",
        "number": 2,
        "window": {"last": 1, "unit": "years"},
    }
    tagged = {"not": {"type": "tags.has", "match": "any", "tags": ["vip"]}}
    with workspace_scope(workspace), override(language):
        create_tag(workspace=workspace, name="vip")
        tree = parse_tree({"any": [spent, {"all": [visited, tagged]}]}, workspace=workspace)
        assert sentence_of(tree, "PLN") == expected


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("1 time ever", "2 times ever", "5 times ever", "1 unit", "1.5 units")),
        ("pl", ("1 raz ", "2 razy ", "5 razy ", "1 szt.", "1,5 szt.")),
        ("pt-br", ("1 vez ", "2 vezes ", "5 vezes ", "1 unidade ", "1,5 unidades ")),
    ],
)
def test_words_agree_with_their_number(language: str, said: tuple[str, ...]) -> None:
    visited = [{"operator": "at_least", "number": each} for each in (1, 2)]
    visited.append({"operator": "between", "number": 1, "upper": 5})
    bought = [{"operator": "more_than", "number": each} for each in (1, 1.5)]
    rows = [("visits.visited", each) for each in visited]
    rows += [("transactions.units_bought", each) for each in bought]
    with override(language):
        for (key, document), words in zip(rows, said, strict=True):
            cls = find_criterion(key)
            assert cls is not None
            assert words in f"{cls.model_validate(document).say(SPEECH)} "
        [years] = [cls for cls in all_criteria() if cls.key == "contacts.age"]
        adult, grown = (years.model_validate({"operator": "at_least", "years": n}) for n in (1, 18))
        assert adult.say(SPEECH).replace("1", "18") != grown.say(SPEECH)


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_phrases_have_the_same_parameters_in_the_same_order_for_every_number(language: str) -> None:
    agreeing = [cls.phrase for cls in all_criteria() if isinstance(cls.phrase, Agreeing)]
    assert len(agreeing) > 5
    with override(language):
        for phrase in agreeing:
            said = {tuple(re.findall(r"{(\w+)}", phrase.with_number(n))) for n in (0, 1, 2, 5, 1.5)}
            assert len(said) == 1, phrase


@pytest.mark.django_db
def test_built_in_attributes_are_named_in_the_language() -> None:
    workspace = make_workspace()
    city = {"type": "contacts.text", "attribute": "city", "values": ["Gdynia"]}
    with workspace_scope(workspace), override("pl"):
        said = sentence_of(parse_tree(city, workspace=workspace), "PLN")
    assert said == "Osoby, które mają atrybut Miasto, który ma jedną z wartości Gdynia."


def filled(value: Any) -> Any:
    """The example with an id wherever it waits for one."""
    if isinstance(value, dict):
        return {key: filled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each) for each in value]
    return 4711 if isinstance(value, str) and re.fullmatch(r"\{\w+\}", value) else value


def values_of(value: Any, name: str = "") -> Iterator[list[str]]:
    """The spellings of every value in a document, in the active language."""
    if isinstance(value, dict):
        is_never = value.get("operator") == "exactly" and value.get("number") == 0
        is_labelled = value.get("field") in ("source", "channel")
        for key, each in value.items():
            skipped = (is_never and key == "number") or (is_labelled and key == "values")
            if key not in LABELLED and not skipped:
                yield from values_of(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from values_of(each, name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield [number_format(value, force_grouping=True), number_format(f"{value:g}")]
    elif isinstance(value, str) and value != "ever":
        yield [spelling_of(value)]


def spelling_of(value: str) -> str:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT")
    if re.fullmatch(r"\d+\.\d\d", value):
        return number_format(Decimal(value), force_grouping=True)
    return value


def texts_of_criteria() -> list[str]:
    texts = []
    for cls in all_criteria():
        texts += [str(cls.label), str(cls.family.label), *([str(cls.help)] if cls.help else [])]
    return texts
