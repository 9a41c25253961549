"""A criterion is one class: what it must have, and that nothing else is needed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import QuerySet

from segments.criteria.base import (
    _REGISTRY,
    Criterion,
    CriterionDefinitionError,
    Family,
    all_criteria,
    criterion,
    find_criterion,
)
from segments.criteria.forms import criterion_form
from segments.criteria.scope import Scope
from segments.criteria.values import Count
from tests.makers.contacts import make_contact
from tests.makers.segments import errors_of, names, sentence
from tests.makers.workspaces import make_workspace

KEYS = {cls.key for cls in all_criteria()}


def test_keys_are_permanent_words_of_an_app() -> None:
    for key in KEYS:
        app, _, name = key.partition(".")
        assert app.isidentifier(), key
        assert name.isidentifier(), key
        assert key == key.lower()


@pytest.mark.parametrize("cls", [pytest.param(cls, id=cls.key) for cls in all_criteria()])
def test_every_criterion_says_what_it_is(cls: type[Criterion]) -> None:
    assert cls.__doc__
    assert cls.__doc__ != Criterion.__doc__
    assert str(cls.label)
    assert len(cls.examples) >= 2
    assert find_criterion(cls.key) is cls
    assert cls.family in Family


def test_a_key_is_given_once_and_nothing_may_lack() -> None:
    fields: dict[str, Any] = {
        "label": "x",
        "family": Family.CONTACT,
        "phrase": "x",
        "examples": ({},),
        "__module__": __name__,
    }
    with pytest.raises(CriterionDefinitionError, match="twice"):
        criterion(type("Again", (Criterion,), {**fields, "key": "tags.has"}))
    with pytest.raises(CriterionDefinitionError, match="lacks key"):
        criterion(type("Nameless", (Criterion,), fields))


@pytest.mark.django_db
def test_one_class_is_all_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Validation, both evaluators, sentence and form come from the class."""
    monkeypatch.setattr("segments.criteria.base._REGISTRY", dict(_REGISTRY))

    @criterion
    class NumberIsAtMost(Criterion):
        """The first contacts of a workspace."""

        key = "contacts.first_few"
        label = "First few"
        family = Family.CONTACT
        phrase = "are among the first {number}"
        examples = ({"number": 2}, {"number": 1})

        number: Count

        def matching(self, scope: Scope) -> QuerySet[Any]:
            last = scope.workspace.pk << 31 | self.number
            return scope.contacts().filter(pk__lte=last).values("pk")

    workspace = make_workspace()
    for name in ("a", "b", "c"):
        make_contact(workspace, name)
    leaf = {"type": "contacts.first_few", "number": 2}
    assert names(workspace, leaf) == {"a", "b"}
    assert names(workspace, {"not": leaf}) == {"c"}
    assert sentence(workspace, leaf) == "People who are among the first 2."
    assert [error.path for error in errors_of(workspace, leaf | {"number": "2"})] == [
        "$.where.number"
    ]
    assert set(criterion_form(NumberIsAtMost)["fields"]) == {"number"}
