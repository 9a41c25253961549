from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from contacts.importing import runner, storage
from contacts.importing.rejected import rejected_csv
from contacts.importing.storage import ImportRefusedError
from contacts.models import (
    AttributeValue,
    Consent,
    Contact,
    ContactChange,
    ContactTag,
    Import,
    ImportState,
    RejectedRow,
)
from tests.makers.contacts import make_contact, read_contact
from tests.makers.imports import (
    counts,
    import_text,
    read_import,
    reasons,
    run,
    start,
    system,
    ticking_clock,
    upload,
)
from tests.makers.workspaces import NOW, make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

PEOPLE = (
    "id;email;imię;nazwisko;miasto;data urodzenia;tagi;zgoda email;buty\n"
    "00001;ewa@example.com;Ewa;Nowak;Łódź;17.05.1990;vip, nowa;tak;38\n"
    "00002;jan@example.com;Jan;Żak;Kraków;01.02.1985;;nie;44,5\n"
)


def contact(workspace: Workspace, external_id: str) -> Contact:
    with workspace_scope(workspace):
        return Contact.objects.in_workspace(workspace).get(external_id=external_id)


def value(workspace: Workspace, external_id: str, key: str) -> object:
    with workspace_scope(workspace):
        row = AttributeValue.objects.in_workspace(workspace).get(
            contact__external_id=external_id,
            contact__workspace=workspace,
            attribute__key=key,
            attribute__workspace=workspace,
            valid_to__isnull=True,
        )
        return row.text or row.date or row.number


def number_of(workspace: Workspace, model: type) -> int:
    with workspace_scope(workspace):
        return model.objects.in_workspace(workspace).count()


def test_a_file_of_contacts_is_stored_with_everything_it_says():
    workspace = make_workspace()

    done = import_text(workspace, PEOPLE.encode("cp1250"))

    assert done.state == ImportState.DONE
    assert counts(done) == (2, 0, 0, 0)
    ewa = contact(workspace, "00001")
    assert (ewa.email, ewa.first_name, ewa.last_name) == ("ewa@example.com", "Ewa", "Nowak")
    assert ewa.created_by == "import"
    assert value(workspace, "00001", "city") == "Łódź"
    assert value(workspace, "00002", "birthday") == date(1985, 2, 1)
    with workspace_scope(workspace):
        tags = ContactTag.objects.in_workspace(workspace).filter(contact=ewa)
        assert {tagging.tag.name for tagging in tags.select_related("tag")} == {"vip", "nowa"}
        said = Consent.objects.in_workspace(workspace).values_list("contact_id", "status")
        assert set(said) == {
            (ewa.pk, "granted"),
            (contact(workspace, "00002").pk, "withdrawn"),
        }


def test_a_second_import_changes_nothing():
    workspace = make_workspace()
    import_text(workspace, PEOPLE)
    models = (Contact, AttributeValue, ContactTag, Consent, ContactChange)
    before = [number_of(workspace, model) for model in models]

    again = import_text(workspace, PEOPLE, now=NOW + timedelta(days=1))

    assert counts(again) == (0, 0, 2, 0)
    assert [number_of(workspace, model) for model in models] == before


def test_empty_cells_leave_what_is_known():
    workspace = make_workspace()
    make_contact(workspace, "7", attributes={"city": "Gdynia"})

    import_text(workspace, "id,city,first name\n7,,Ola\n")

    assert value(workspace, "7", "city") == "Gdynia"
    assert contact(workspace, "7").first_name == "Ola"


def test_full_names_are_split_and_columns_of_their_own_win():
    workspace = make_workspace()

    import_text(workspace, "id,name,last name\n1,Ana Maria Souza,\n2,Jan Żak,Kowal\n")

    assert contact(workspace, "1").full_name == "Ana Maria Souza"
    assert contact(workspace, "1").first_name == "Ana"
    assert contact(workspace, "2").last_name == "Kowal"


def test_attributes_are_made_by_choice_with_the_type_of_their_cells():
    workspace = make_workspace()

    done = import_text(
        workspace,
        "id;email;buty\n1;a@example.com;38\n2;b@example.com;44,5\n",
        mapping={0: "external_id", 2: "attributes.buty"},
        define=True,
        new_types={"attributes.buty": "number"},
    )

    assert counts(done) == (2, 0, 0, 0)
    assert value(workspace, "2", "buty") == 44.5


def test_an_unknown_attribute_stops_the_import_unless_it_is_to_be_made():
    workspace = make_workspace()

    with pytest.raises(ImportRefusedError, match="not a field"):
        start(workspace, "id,buty\n1,38\n", mapping={0: "external_id", 1: "attributes.buty"})


def test_rows_without_an_identity_are_refused_with_their_line():
    workspace = make_workspace()

    done = import_text(workspace, "id,email,city\n1,,Łódź\n,,Kraków\n,b@example.com,Gdynia\n")

    assert counts(done) == (2, 0, 0, 1)
    assert "neither" in reasons(workspace, done)[3]


def test_a_wrong_date_costs_its_row_and_names_the_column():
    workspace = make_workspace()

    done = import_text(workspace, "id,birthday\n1,1990-02-30\n2,1990-02-28\n")

    assert counts(done) == (1, 0, 0, 1)
    assert reasons(workspace, done) == {
        2: "birthday: “1990-02-30” is not a date written as year-month-day."
    }


def test_what_the_service_refuses_comes_back_with_its_reason():
    workspace = make_workspace()

    done = import_text(
        workspace,
        "id,email,phone\n1,no at sign@,\n2,b@example.com,12\n3,c@example.com,+48600100200\n",
        mapping={0: "external_id", 1: "email", 2: "phone"},
    )

    assert counts(done) == (1, 0, 0, 2)
    assert set(reasons(workspace, done)) == {2, 3}
    assert all("email" in why or "phone" in why for why in reasons(workspace, done).values())


def test_ambiguous_dates_are_asked_for():
    workspace = make_workspace()
    text = "id,birthday\n1,01/02/1990\n2,03/04/1990\n"

    with pytest.raises(ImportRefusedError) as refusal:
        start(workspace, text)

    assert [problem.code for problem in refusal.value.problems] == ["ambiguous_dates"]
    done = import_text(workspace, text, date_format="mdy")
    assert counts(done) == (2, 0, 0, 0)
    assert value(workspace, "1", "birthday") == date(1990, 1, 2)


def test_two_columns_for_one_field_and_a_missing_identity_are_named_together():
    workspace = make_workspace()

    with pytest.raises(ImportRefusedError) as refusal:
        start(
            workspace,
            "a,b\nx,y\n",
            mapping={0: "attributes.city", 1: "attributes.city"},
        )

    assert {problem.code for problem in refusal.value.problems} == {"field_twice", "field_missing"}


def test_formulas_are_stored_as_text_and_come_back_harmless():
    workspace = make_workspace()
    text = (
        'id,city,birthday\n=1+1,"=HYPERLINK(""http://x"")",never\n@SUM(A1),+1,never\n-5.00,-2,x\n'
    )

    mapping = {0: "external_id", 1: "attributes.city", 2: "attributes.birthday"}

    done = import_text(workspace, text, mapping=mapping)
    with workspace_scope(workspace):
        lines = "".join(rejected_csv(done)).splitlines()

    assert counts(done) == (0, 0, 0, 3)
    assert lines[0] == "\ufeffid,city,birthday,Line,Why it was refused"
    assert lines[1].startswith('\'=1+1,"\'=HYPERLINK(""http://x"")",never,2,')
    assert lines[2].startswith("'@SUM(A1),+1,never,3,")
    assert lines[3].startswith("-5.00,-2,x,4,")
    fixed = "\n".join(line.replace("never", "1990-01-01") for line in lines[:3])
    assert counts(import_text(workspace, fixed)) == (2, 0, 0, 0)
    assert value(workspace, "=1+1", "city") == '=HYPERLINK("http://x")'


HOSTILE = (
    b"id,email,city\r\n"
    b"1,a@example.com,ok\r\n"
    b"2,b@example.com,nul\x00\r\n"
    b'3,c@example.com,"open\r\n'
    b"4,d@example.com," + b"x" * 10_000_000 + b"\r\n"
    b"5,e@example.com,\xff\xfe\r\n"
    b"6,f@example.com,one,two,three\r\n"
    b"7,g@example.com,\"=cmd|' /C calc'!A0\"\r\n"
    b"8,not an address,ok\r\n"
)


def test_hostile_rows_are_refused_one_by_one_and_the_rest_is_stored():
    workspace = make_workspace()

    done = import_text(
        workspace, HOSTILE, mapping={0: "external_id", 1: "email", 2: "attributes.city"}
    )

    assert done.state == ImportState.DONE
    assert counts(done) == (2, 0, 0, 6)
    assert set(reasons(workspace, done)) == {3, 4, 5, 6, 7, 9}
    assert value(workspace, "7", "city") == "=cmd|' /C calc'!A0"
    with workspace_scope(workspace):
        assert len("".join(rejected_csv(done)).splitlines()) == 7


# --- Dry run, chunks, resuming -------------------------------------------------------------------


def many(number: int) -> str:
    return "id,city\n" + "".join(f"c{each},Łódź\n" for each in range(number))


def test_a_dry_run_tells_what_would_happen_and_stores_nothing():
    workspace = make_workspace()
    make_contact(workspace, "c1", attributes={"city": "Łódź"})
    text = many(3) + ",nobody\nc2,Kraków\n"

    checked = import_text(workspace, text, is_dry_run=True)

    assert checked.state == ImportState.CHECKED
    assert counts(checked) == (2, 1, 1, 1)
    assert number_of(workspace, Contact) == 1
    assert set(reasons(workspace, checked)) == {5}


def test_a_dry_run_counts_a_contact_of_two_chunks_once(monkeypatch):
    monkeypatch.setattr(runner, "CHUNK_ITEMS", 2)
    workspace = make_workspace()

    checked = import_text(workspace, many(3) + "c0,Kraków\n", is_dry_run=True)

    assert counts(checked) == (3, 1, 0, 0)


def test_after_a_dry_run_the_same_file_is_imported_with_fresh_counts():
    workspace = make_workspace()
    checked = import_text(workspace, many(3) + ",nobody\n", is_dry_run=True)

    with workspace_scope(workspace):
        started = storage.start_import(
            actor=system(workspace), import_run=checked, is_dry_run=False, now=NOW
        )
    done = run(workspace, started)

    assert counts(done) == (3, 0, 0, 1)
    assert number_of(workspace, RejectedRow) == 1
    assert number_of(workspace, Contact) == 3


def test_an_import_that_was_interrupted_goes_on_where_it_stopped(monkeypatch):
    monkeypatch.setattr(runner, "CHUNK_ITEMS", 10)
    workspace = make_workspace()
    started = start(workspace, many(35))
    chunks = iter([True, False])

    is_done = runner.run_chunks(
        workspace=workspace,
        import_id=started.pk,
        clock=ticking_clock(),
        may_go_on=lambda: next(chunks),
    )

    assert not is_done
    assert read_import(workspace, started).rows_done == 20
    assert number_of(workspace, Contact) == 20
    done = run(workspace, started, now=NOW + timedelta(hours=1))
    assert done.state == ImportState.DONE
    assert counts(done) == (35, 0, 0, 0)
    assert done.rows_done == 35
    assert done.report == {"contacts_created": 35}


def test_a_cancelled_import_stops_and_can_be_continued(monkeypatch):
    monkeypatch.setattr(runner, "CHUNK_ITEMS", 10)
    workspace = make_workspace()
    started = start(workspace, many(30))

    def cancel(import_run: Import) -> None:
        storage.cancel_import(actor=system(workspace), import_run=import_run, now=NOW)

    runner.run_chunks(
        workspace=workspace, import_id=started.pk, clock=ticking_clock(), on_progress=cancel
    )

    stopped = read_import(workspace, started)
    assert (stopped.state, stopped.rows_done) == (ImportState.CANCELLED, 10)
    with workspace_scope(workspace):
        storage.start_import(actor=system(workspace), import_run=stopped, is_dry_run=False, now=NOW)
    assert counts(run(workspace, started, now=NOW + timedelta(hours=1))) == (30, 0, 0, 0)


def test_a_finished_import_is_not_run_again():
    workspace = make_workspace()
    done = import_text(workspace, many(2))

    with pytest.raises(ImportRefusedError, match="has been imported"):
        storage.start_import(actor=system(workspace), import_run=done, is_dry_run=False, now=NOW)
    assert run(workspace, done).finished_at == done.finished_at


# --- Time to live --------------------------------------------------------------------------------


def test_files_and_refused_rows_are_forgotten_when_their_time_is_over(transactional_db):
    workspace = make_workspace()
    done = import_text(workspace, many(2) + ",nobody\n")
    fresh = upload(workspace, many(1), now=NOW + timedelta(days=10))

    assert storage.forget_expired_imports(now=NOW + timedelta(days=13)) == 0
    assert storage.forget_expired_imports(now=NOW + timedelta(days=15)) == 1

    forgotten = read_import(workspace, done)
    assert forgotten.content is None
    assert "options" not in forgotten.settings
    assert number_of(workspace, RejectedRow) == 0
    assert counts(forgotten) == (2, 0, 0, 1)
    assert read_import(workspace, fresh).content is not None
    assert storage.forget_expired_imports(now=NOW + timedelta(days=15)) == 0


def test_an_import_whose_file_is_gone_cannot_be_started():
    workspace = make_workspace()
    import_run = upload(workspace, many(1))

    with pytest.raises(ImportRefusedError, match="deleted"):
        storage.start_import(
            actor=system(workspace),
            import_run=import_run,
            is_dry_run=False,
            now=NOW + timedelta(days=15),
        )


def test_content_is_stored_compressed():
    workspace = make_workspace()
    text = many(20_000)

    import_run = upload(workspace, text)

    with workspace_scope(workspace), connection.cursor() as cursor:
        cursor.execute(
            "SELECT octet_length(content) FROM contacts_import WHERE id = %s", [import_run.pk]
        )
        assert cursor.fetchone()[0] < len(text) / 2
        assert storage.load_content(workspace=workspace, import_id=import_run.pk) == text.encode()
    assert import_run.size_bytes == len(text.encode())


def test_other_workspaces_see_nothing_of_an_import():
    workspace, other = make_workspace(), make_workspace()
    done = import_text(workspace, many(2) + ",nobody\n")

    with workspace_scope(other):
        assert not Import.objects.filter(pk=done.pk).exists()
        assert not RejectedRow.objects.filter(import_run_id=done.pk).exists()
    assert number_of(other, Contact) == 0
    assert read_contact(workspace, contact(workspace, "c1").pk).external_id == "c1"


def test_dates_of_observation_are_instants_in_the_workspaces_zone():
    workspace = make_workspace()

    import_text(workspace, "id,city,observed at\n1,Łódź,2026-01-10\n")

    with workspace_scope(workspace):
        row = AttributeValue.objects.in_workspace(workspace).get(attribute__key="city")
    assert row.valid_from == datetime(2026, 1, 9, 23, tzinfo=UTC)
