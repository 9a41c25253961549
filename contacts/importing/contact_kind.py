"""Importing contacts: a row is a contact."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.importing.cells import CellType
from contacts.importing.kinds import (
    BuildContext,
    Field,
    ImportKind,
    Item,
    Row,
    RowRefusedError,
)
from contacts.models import AttributeDefinition, AttributeType, Channel
from contacts.services import upsert_contacts
from contacts.text import normalise
from contacts.values import KEY_PATTERN
from workspaces.batches import ItemResult
from workspaces.models import Workspace

SOURCE = "import"
_IDENTITY = gettext_lazy("Who it is")
_DETAILS = gettext_lazy("Details")
_OWN = gettext_lazy("Own attributes")
_LABELS = gettext_lazy("Tags and categories")
_CONSENTS = gettext_lazy("Consent")

_FIXED_FIELDS = (
    Field(
        "external_id",
        gettext_lazy("Your id of the contact"),
        group=_IDENTITY,
        synonyms=tuple(
            "id|customer id|customer number|customer no|contact id|client id|user id|subscriber id|"
            "record id|external id|id klienta|nr klienta|numer klienta|identyfikator|"
            "id do cliente|codigo do cliente|id cliente|codigo cliente|leid|euid".split("|")
        ),
    ),
    Field(
        "email",
        gettext_lazy("E-mail"),
        group=_IDENTITY,
        synonyms=tuple(
            "email|e-mail|mail|email address|e-mail address|adres e-mail|adres email|adres mailowy|"
            "endereco de email|endereco de e-mail|correio eletronico|customer email".split("|")
        ),
    ),
    Field(
        "phone",
        gettext_lazy("Phone"),
        group=_IDENTITY,
        synonyms=tuple(
            "telephone|phone number|mobile|mobile phone|cell phone|telefon|numer telefonu|"
            "nr telefonu|telefon komorkowy|komorka|telefone|celular|telemovel|tel|"
            "numero de telefone|phone number (e.164)".split("|")
        ),
    ),
    Field(
        "full_name",
        gettext_lazy("First and last name together"),
        group=_DETAILS,
        synonyms=tuple(
            "name|full name|customer name|contact name|imie i nazwisko|nome completo|nome|"
            "klient|client name|nome do cliente".split("|")
        ),
    ),
    Field(
        "tags",
        gettext_lazy("Tags"),
        CellType.LIST,
        group=_LABELS,
        takes_several=True,
        synonyms=tuple("tag|labels|label|tagi|etykiety|etiquetas|marcadores".split("|")),
    ),
    Field(
        "categories",
        gettext_lazy("Categories"),
        CellType.LIST,
        group=_LABELS,
        takes_several=True,
        synonyms=tuple("category|kategorie|kategoria|categorias|categoria".split("|")),
    ),
    Field(
        "observed_at",
        gettext_lazy("When this was true"),
        CellType.INSTANT,
        group=_LABELS,
        synonyms=("observed at", "as of"),
    ),
)
_ATTRIBUTE_SYNONYMS = {
    "first_name": "firstname|given name|forename|imie|primeiro nome|nome proprio",
    "last_name": "lastname|surname|family name|nazwisko|sobrenome|apelido|ultimo nome",
    "gender": "sex|plec|sexo|genero",
    "birthday": "birth date|date of birth|dob|birthdate|data urodzenia|urodziny|"
    "data de nascimento|nascimento|aniversario",
    "city": "town|miasto|miejscowosc|cidade",
    "region": "state|province|state province|wojewodztwo|estado|uf|provincia",
    "postal_code": "postcode|zip|zip code|kod pocztowy|cep|codigo postal",
    "country": "country code|kraj|pais",
    "language": "locale|jezyk|idioma|lingua|lingua preferida",
    "time_zone": "timezone|strefa czasowa|fuso horario",
    "company": "company name|organisation|organization|firma|nazwa firmy|empresa|organizacao",
    "job_title": "title|position|stanowisko|cargo|funcao",
    "industry": "branza|setor|ramo|sector",
}
_CONSENT_SYNONYMS = {
    Channel.EMAIL: "newsletter|email consent|email marketing|email marketing consent|"
    "accepts marketing|accepts email marketing|marketing consent|zgoda e-mail|zgoda email|"
    "zgoda marketingowa|zgoda na newsletter|consentimento email|aceita email|aceita marketing|"
    "email subscription status|email permission status",
    Channel.SMS: "sms consent|sms marketing|sms marketing consent|accepts sms marketing|zgoda sms|"
    "consentimento sms|aceita sms",
    Channel.PUSH: "push consent|zgoda push|consentimento push",
    Channel.PHONE: "phone consent|zgoda telefon|consentimento telefone",
    Channel.POST: "post consent|mail consent|zgoda poczta|consentimento correio",
}
_CELL_TYPES = {
    AttributeType.TEXT: CellType.TEXT,
    AttributeType.NUMBER: CellType.NUMBER,
    AttributeType.BOOLEAN: CellType.BOOLEAN,
    AttributeType.DATE: CellType.DATE,
    AttributeType.DATETIME: CellType.INSTANT,
    AttributeType.CHOICE: CellType.TEXT,
    AttributeType.CHOICES: CellType.LIST,
}
_GENDERS = {
    "f": "female", "k": "female", "w": "female", "woman": "female", "kobieta": "female",
    "feminino": "female", "mulher": "female", "żeńska": "female",
    "m": "male", "man": "male", "mężczyzna": "male", "masculino": "male", "homem": "male",
    "męska": "male", "inna": "other", "outro": "other",
}  # fmt: skip
_ATTRIBUTE = "attributes."
_TOP_LEVEL = ("external_id", "email", "phone", "observed_at")
# They stand beside `attributes` in an item (docs/rest.md), and can't be given in both places.
_BESIDE = ("time_zone", "language")


def contact_fields(workspace: Workspace) -> list[Field]:
    """Identity, every attribute the workspace has, labels and consents."""
    fields = list(_FIXED_FIELDS)
    definitions = AttributeDefinition.objects.in_workspace(workspace).order_by("id")
    fields += [_attribute_field(each) for each in definitions if each.key not in _TOP_LEVEL]
    fields += [
        Field(
            f"consents.{channel.value}",
            _("Consent: %(channel)s") % {"channel": channel.label},
            CellType.CONSENT,
            synonyms=tuple(synonyms.split("|")),
            group=_CONSENTS,
        )
        for channel, synonyms in _CONSENT_SYNONYMS.items()
    ]
    return fields


def _attribute_field(definition: AttributeDefinition) -> Field:
    key = definition.key
    label = _(definition.label) if definition.is_builtin else definition.label
    synonyms = _ATTRIBUTE_SYNONYMS.get(key, "") if definition.is_builtin else ""
    return Field(
        f"{_ATTRIBUTE}{key}",
        label,
        _CELL_TYPES[AttributeType(definition.type)],
        synonyms=tuple(synonyms.split("|")) if synonyms else (),
        group=_DETAILS if definition.is_builtin else _OWN,
        takes_several=definition.type == AttributeType.CHOICES,
    )


def new_attribute_field(key: str, cell_type: CellType) -> Field | None:
    """The field of an attribute that an import will make."""
    name = key.removeprefix(_ATTRIBUTE)
    if name == key or not re.fullmatch(KEY_PATTERN, name):
        return None
    label = _("New attribute “%(name)s”") % {"name": name}
    return Field(key, label, cell_type, group=_OWN, takes_several=cell_type == CellType.LIST)


def build_contact(rows: Sequence[Row], context: BuildContext) -> Item:
    """An item of `contacts/batch`."""
    row = rows[0]
    if not any(row.get(key) for key in ("external_id", "email")):
        raise RowRefusedError(_("The row has neither your id of the contact nor an e-mail."))
    item: Item = {key: row[key] for key in _TOP_LEVEL if key in row}
    attributes: dict[str, object] = _names(row)
    consents: dict[str, object] = {}
    for key, value in row.items():
        family, _dot, name = key.partition(".")
        if family == "consents":
            consents[name] = value
        elif family == "attributes" and name in _BESIDE:
            item[name] = value
        elif family == "attributes":
            attributes[name] = _gender(value) if name == "gender" else value
    if attributes:
        item["attributes"] = attributes
    if consents:
        item["consents"] = consents
    if row.get("tags"):
        item["tags"] = {"add": list(dict.fromkeys(row["tags"]))}
    if row.get("categories"):
        item["categories"] = list(dict.fromkeys(row["categories"]))
    return item


def _names(row: Row) -> dict[str, object]:
    """First word and rest of a full name; columns of their own win over it."""
    first, _space, last = str(row.get("full_name", "")).partition(" ")
    names = {"first_name": first, "last_name": last.strip()}
    return {key: name for key, name in names.items() if name and _ATTRIBUTE + key not in row}


@lru_cache(maxsize=64)
def _gender(value: str) -> str:
    return _GENDERS.get(normalise(value), value)


def save_contacts(
    *, workspace: Workspace, items: Sequence[Item], now: datetime, define: bool
) -> Sequence[ItemResult]:
    return upsert_contacts(workspace=workspace, items=items, now=now, source=SOURCE, define=define)


CONTACTS = ImportKind(
    key="contacts",
    label=gettext_lazy("Contacts"),
    description=gettext_lazy("One row a contact: who they are, details, tags and consent."),
    fields=contact_fields,
    required=(("external_id", "email"),),
    key_fields=("external_id", "email"),
    build=build_contact,
    save=save_contacts,
    new_field=new_attribute_field,
)
