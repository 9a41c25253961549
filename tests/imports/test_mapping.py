from __future__ import annotations

import pytest

from contacts.importing.analysis import analyse
from contacts.importing.cells import CellReader, CellType
from contacts.importing.kinds import UnknownKindError, kind_of
from contacts.importing.mapping import attribute_key, header_key, infer_type
from contacts.importing.reading import UnreadableFileError
from tests.makers.contacts import make_attribute
from tests.makers.workspaces import make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


def mapped(workspace: Workspace, text: str, kind: str = "contacts") -> dict[str, str]:
    """Field by header, as it is suggested."""
    with workspace_scope(workspace):
        seen = analyse(text.encode(), kind=kind_of(kind), workspace=workspace)
    return {seen.headers[at]: key for at, key in seen.mapping.items()}


def refusal_of(workspace: Workspace, data: bytes, kind: str = "contacts") -> str:
    with workspace_scope(workspace), pytest.raises(UnreadableFileError) as refusal:
        analyse(data, kind=kind_of(kind), workspace=workspace)
    return refusal.value.code


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("E-Mail ", "email"),
        ("Número de Telefone", "numero de telefone"),
        ("firstName", "first_name"),
        ("Płeć", "plec"),
        ("ID do Cliente", "id_do_cliente"),
    ],
)
def test_headers_that_a_person_would_call_the_same_are_the_same(one, other):
    assert header_key(one) == header_key(other)


def test_polish_headers_of_contacts_are_recognised():
    text = (
        "Nr klienta;Adres e-mail;Imię;Nazwisko;Telefon;Miasto;Kod pocztowy;Data urodzenia;"
        "Płeć;Tagi;Zgoda na newsletter;Kolor\n"
        "7;a@example.com;Ewa;Nowak;600100200;Łódź;90-001;17.05.1990;K;vip;tak;red\n"
    )
    assert mapped(make_workspace(), text) == {
        "Nr klienta": "external_id",
        "Adres e-mail": "email",
        "Imię": "attributes.first_name",
        "Nazwisko": "attributes.last_name",
        "Telefon": "phone",
        "Miasto": "attributes.city",
        "Kod pocztowy": "attributes.postal_code",
        "Data urodzenia": "attributes.birthday",
        "Płeć": "attributes.gender",
        "Tagi": "tags",
        "Zgoda na newsletter": "consents.email",
    }


def test_portuguese_headers_of_contacts_are_recognised():
    text = (
        "Código do cliente,E-mail,Primeiro nome,Sobrenome,Celular,Cidade,CEP,Data de nascimento\n"
        "7,a@example.com,Ana,Souza,+5511987654321,São Paulo,01000-000,17/05/1990\n"
    )
    assert list(mapped(make_workspace(), text).values()) == [
        "external_id",
        "email",
        "attributes.first_name",
        "attributes.last_name",
        "phone",
        "attributes.city",
        "attributes.postal_code",
        "attributes.birthday",
    ]


def test_an_export_of_mailchimp_is_recognised():
    text = (
        "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,LAST_CHANGED,LEID,EUID,TAGS\n"
        "a@example.com,Ana,Souza,2,2020-01-01 10:00:00,2020-01-01 10:00:00,1234,abc,"
        '"""vip"",""x"""\n'
    )
    found = mapped(make_workspace(), text)

    assert found["Email Address"] == "email"
    assert found["LEID"] == "external_id"
    assert found["TAGS"] == "tags"
    assert "MEMBER_RATING" not in found


def test_own_attributes_are_recognised_by_their_label_and_key():
    workspace = make_workspace()
    make_attribute(workspace, "shoe_size", "number")

    found = mapped(workspace, "id,Shoe size\n1,42\n")

    assert found["Shoe size"] == "attributes.shoe_size"


def test_a_header_that_its_cells_contradict_is_not_believed():
    found = mapped(make_workspace(), "id,email,birthday\n1,yes,blue\n2,no,green\n")

    assert found == {"id": "external_id"}


def test_of_two_columns_with_the_same_name_the_first_is_taken_and_both_are_told_apart():
    workspace = make_workspace()
    found = mapped(workspace, "email,email,id\na@example.com,b@example.com,1\n")

    assert found == {"email": "email", "id": "external_id"}
    with workspace_scope(workspace):
        seen = analyse(
            b"email,email,email,id\na@b.pl,,,1\n", kind=kind_of("contacts"), workspace=workspace
        )
    assert seen.headers == ["email", "email (2)", "email (3)", "id"]


def test_columns_without_a_name_get_one():
    with workspace_scope(workspace := make_workspace()):
        seen = analyse(b"id,,\n1,2,3\n", kind=kind_of("contacts"), workspace=workspace)

    assert seen.headers == ["id", "Column 2", "Column 3"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"id,email\n", "no_rows"),
        (b"id,email\n\n , \n", "no_rows"),
        (b'"id,email\n1,2\n', "bad_header"),
        (b"1,a@example.com,12.5\n2,b@example.com,13\n", "no_header"),
        (",".join(f"c{number}" for number in range(250)).encode() + b"\n1\n", "too_many_columns"),
        (b"\x01\x02\x03,\x04\n\x05,\x06\n", "not_csv"),
        (b"a\x00b\x00,c\n1,2\n", "bad_header"),
    ],
)
def test_files_with_nothing_to_import_are_refused_with_a_reason(data, code):
    assert refusal_of(make_workspace(), data) == code


def test_two_hundred_columns_are_fine():
    header = ",".join(["id", *(f"c{number}" for number in range(199))])

    assert mapped(make_workspace(), f"{header}\n1\n") == {"id": "external_id"}


def test_an_unknown_kind_is_named_with_the_known_ones():
    with pytest.raises(UnknownKindError) as refusal:
        kind_of("spaceships")

    assert "contacts" in refusal.value.message


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("Rozmiar buta", "rozmiar_buta"),
        ("Ação", "acao"),
        ("2nd choice", "a_2nd_choice"),
        ("***", ""),
        ("x" * 100, "x" * 60),
    ],
)
def test_new_attributes_get_a_key_from_the_header(header, key):
    assert attribute_key(header) == key


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["12", "13.5", ""], CellType.NUMBER),
        (["007", "012"], CellType.TEXT),
        (["+48600100200"], CellType.TEXT),
        (["yes", "no"], CellType.BOOLEAN),
        (["0", "1"], CellType.NUMBER),
        (["2024-01-01", "2024-02-01"], CellType.DATE),
        (["2024-01-01 10:00", "2024-02-01 11:00"], CellType.INSTANT),
        (["12", "blue"], CellType.TEXT),
        ([], CellType.TEXT),
    ],
)
def test_the_type_of_a_new_attribute_is_the_narrowest_its_cells_have(cells, expected):
    workspace = make_workspace()

    assert infer_type(cells, CellReader(zone=workspace.zone)) == expected
