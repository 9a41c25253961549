"""Contacts as other systems report them: in batches, in any order, any number of times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from contacts.addresses import email_key, phone_region
from contacts.services.batch import Batch, Outcome, Statement
from contacts.services.documents import ContactItem, read_document
from contacts.services.identity import StaleDirectoryError, lock_identities
from contacts.services.labels import label_key
from contacts.services.vocabulary import Vocabulary, load_vocabulary
from contacts.values import ReadingContext
from workspaces.attempts import attempted
from workspaces.batches import ItemError, ItemResult
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope


def upsert_contacts(
    *,
    workspace: Workspace,
    items: Sequence[Mapping[str, Any]],
    now: datetime,
    source: str,
    define: bool = False,
) -> list[ItemResult]:
    """Create and update contacts from raw items (docs/rest.md); one result an item.

    A bad item is an error result and harms no other. `observed_at` says since when an item is
    true; older statements are spliced into the histories. `source` (api, import, form, demo)
    stands on what is made. With `define`, unknown attributes and categories are declared, by
    their JSON type. Several items of one contact work in their order.
    """
    with workspace_scope(workspace):
        lock_identities(workspace.pk)
        documents = [read_document(ContactItem, item) for item in items]
        valid = [document for document in documents if isinstance(document, ContactItem)]
        vocabulary = load_vocabulary(workspace, valid, define=define)
        read = [
            document if isinstance(document, list) else _read(workspace, document, vocabulary, now)
            for document in documents
        ]
        return _store(workspace, read, vocabulary, now, source)


def change_contact(
    *,
    workspace: Workspace,
    contact_id: int,
    item: Mapping[str, Any],
    now: datetime,
    source: str,
) -> ItemResult:
    """Change one known contact by an item like those of a batch; an external id stays for ever.

    A contact that is gone is an error result.
    """
    with workspace_scope(workspace):
        document = read_document(ContactItem, item)
        valid = [document] if isinstance(document, ContactItem) else []
        vocabulary = load_vocabulary(workspace, valid, define=False)
        read = (
            document if isinstance(document, list) else _read(workspace, document, vocabulary, now)
        )
        if isinstance(read, Statement):
            read.contact_id = contact_id
        return _store(workspace, [read], vocabulary, now, source)[0]


def _read(
    workspace: Workspace, item: ContactItem, vocabulary: Vocabulary, now: datetime
) -> Statement | list[ItemError]:
    """The statement an item makes, or why it makes none."""
    country = item.attributes.get("country")
    context = ReadingContext(
        workspace, phone_region(country if isinstance(country, str) else "", workspace)
    )
    values, errors = vocabulary.read_attributes(item, context)
    categories, unknown = vocabulary.read_categories(item)
    errors += unknown
    if errors:
        return errors
    stated = values.get(vocabulary.attribute_ids["email"], {}).get("")
    return Statement(
        external_id=item.external_id,
        email=email_key(stated.text) if stated is not None and stated.text else "",
        at=min(item.observed_at or now, now),
        is_backdated=item.observed_at is not None,
        values=values,
        added_tags={label_key(name): name for name in item.tags.add},
        removed_tags=frozenset(label_key(name) for name in item.tags.remove),
        categories=categories,
        consents=item.consents,
    )


def _store(
    workspace: Workspace,
    statements: Sequence[Statement | list[ItemError]],
    vocabulary: Vocabulary,
    now: datetime,
    source: str,
) -> list[ItemResult]:
    def store() -> list[Outcome]:
        batch = Batch(workspace.pk, vocabulary, now, source)
        batch.load([each for each in statements if isinstance(each, Statement)])
        outcomes = [batch.take(each) for each in statements]
        batch.write()
        return outcomes

    return [
        ItemResult(index, status, draft.id if draft else None, tuple(errors))
        for index, (status, draft, errors) in enumerate(
            attempted(store, again_after=StaleDirectoryError)
        )
    ]
