"""Who shops there: believable Polish, Brazilian and English contacts."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any


@dataclass(frozen=True)
class Country:
    """How people of a country are called and where they live: (city, region, postal prefix)."""

    code: str
    language: str
    time_zone: str
    share: float
    women: tuple[str, ...]
    men: tuple[str, ...]
    surnames: tuple[tuple[str, str], ...]  # (hers, his)
    cities: tuple[tuple[str, str, str], ...]
    phone: str
    companies: tuple[str, ...]


def _both(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, name) for name in names)


POLAND = Country(
    "PL", "pl", "Europe/Warsaw", 0.45,
    ("Anna", "Katarzyna", "Małgorzata", "Agnieszka", "Zofia", "Hanna", "Julia", "Maja", "Ewa", "Magdalena", "Natalia", "Aleksandra", "Barbara", "Łucja"),
    ("Piotr", "Krzysztof", "Andrzej", "Tomasz", "Paweł", "Jan", "Michał", "Jakub", "Łukasz", "Wojciech", "Stanisław", "Szymon", "Antoni", "Grzegorz"),
    (("Kowalska", "Kowalski"), ("Wiśniewska", "Wiśniewski"), ("Wójcik", "Wójcik"), ("Kowalczyk", "Kowalczyk"), ("Kamińska", "Kamiński"), ("Lewandowska", "Lewandowski"), ("Zielińska", "Zieliński"), ("Szymańska", "Szymański"), ("Woźniak", "Woźniak"), ("Dąbrowska", "Dąbrowski"), ("Kozłowska", "Kozłowski"), ("Jankowska", "Jankowski"), ("Mazur", "Mazur"), ("Krawczyk", "Krawczyk"), ("Nowak", "Nowak"), ("Zając", "Zając"), ("Król", "Król"), ("Wróbel", "Wróbel"), ("Pawłowska", "Pawłowski"), ("Michalska", "Michalski")),
    (("Warszawa", "mazowieckie", "00"), ("Kraków", "małopolskie", "30"), ("Łódź", "łódzkie", "90"), ("Wrocław", "dolnośląskie", "50"), ("Poznań", "wielkopolskie", "60"), ("Gdańsk", "pomorskie", "80"), ("Zakopane", "małopolskie", "34"), ("Katowice", "śląskie", "40"), ("Lublin", "lubelskie", "20"), ("Białystok", "podlaskie", "15")),
    "+4850", ("Góral Tour", "Biuro Podróży Świt", "Hotel Pod Giewontem", "Klub Wysokogórski", "Drukarnia Odra"),
)  # fmt: skip
BRAZIL = Country(
    "BR", "pt-br", "America/Sao_Paulo", 0.30,
    ("Maria", "Ana", "Juliana", "Fernanda", "Camila", "Beatriz", "Larissa", "Patrícia", "Letícia", "Gabriela", "Luíza", "Conceição"),
    ("João", "José", "Carlos", "Paulo", "Pedro", "Lucas", "Rafael", "Marcelo", "Bruno", "Thiago", "Gustavo", "Antônio"),
    _both("Silva", "Santos", "Oliveira", "Souza", "Rodrigues", "Ferreira", "Alves", "Pereira", "Lima", "Gomes", "Costa", "Ribeiro", "Martins", "Carvalho", "Araújo", "Magalhães", "Gonçalves", "Assunção"),
    (("São Paulo", "SP", "01"), ("Rio de Janeiro", "RJ", "20"), ("Curitiba", "PR", "80"), ("Porto Alegre", "RS", "90"), ("Belo Horizonte", "MG", "30"), ("Florianópolis", "SC", "88"), ("Brasília", "DF", "70"), ("Manaus", "AM", "69")),
    "+55119", ("Trilha Viva", "Pousada Serra Verde", "Escola Aurora", "Aventura Sul", "Gráfica Ipê"),
)  # fmt: skip
BRITAIN = Country(
    "GB", "en", "Europe/London", 0.25,
    ("Olivia", "Amelia", "Emily", "Grace", "Charlotte", "Sophie", "Hannah", "Lucy", "Eleanor", "Niamh", "Zoë"),
    ("Oliver", "George", "Harry", "Jack", "Thomas", "James", "William", "Daniel", "Ewan", "Callum", "Siôn"),
    _both("Smith", "Jones", "Taylor", "Brown", "Williams", "Wilson", "Evans", "Thomas", "Roberts", "Walker", "Wright", "Robinson", "Hughes", "Green", "O'Brien", "Campbell", "MacLeod"),
    (("London", "Greater London", "SW1"), ("Manchester", "Greater Manchester", "M1"), ("Edinburgh", "Scotland", "EH1"), ("Cardiff", "Wales", "CF10"), ("Bristol", "England", "BS1"), ("Leeds", "West Yorkshire", "LS1"), ("Fort William", "Scotland", "PH33")),
    "+447700", ("Fell & Dale", "Lakeside Lodge", "Northern Scouts", "Harbour School", "Peak Print"),
)  # fmt: skip
COUNTRIES = (POLAND, BRAZIL, BRITAIN)

INDUSTRIES = ("Tourism", "Education", "Hospitality", "Retail", "Manufacturing")
JOB_TITLES = ("Buyer", "Owner", "Guide", "Teacher", "Office manager")
ORGANISATIONS = ("company", "school", "club", "public body")
INTERESTS = ("skiing", "hiking", "climbing", "camping", "running")


@dataclass
class Person:
    """One generated contact, with what the history will need."""

    key: str
    country: Country
    joined_at: datetime
    item: dict[str, Any]
    persona: str
    taste: str  # preferred brand
    tags: set[str] = field(default_factory=set)


PERSONAS: tuple[tuple[str, float], ...] = (
    ("browser", 0.36),
    ("once", 0.26),
    ("regular", 0.2),
    ("loyal", 0.06),
    ("lapsed", 0.12),
)


def make_people(
    random: Random, *, number: int, start: datetime, now: datetime, brands: tuple[str, ...]
) -> list[Person]:
    """People who became contacts between the instants, more of them every month."""
    weights = [country.share for country in COUNTRIES]
    personas = [name for name, _share in PERSONAS]
    shares = [share for _name, share in PERSONAS]
    days = (now - start).days
    people = []
    for index in range(1, number + 1):
        joined = start + timedelta(
            days=days * random.random() ** 0.75, seconds=random.randrange(86_400)
        )
        joined = min(joined, now - timedelta(hours=random.randint(2, 60)))
        country = random.choices(COUNTRIES, weights)[0]
        key = f"N-{index:05d}"
        item = _contact(random, key, country, joined, now)
        persona = random.choices(personas, shares)[0]
        people.append(Person(key, country, joined, item, persona, random.choice(brands)))
    return people


def _contact(
    random: Random, key: str, country: Country, joined: datetime, now: datetime
) -> dict[str, Any]:
    is_woman = random.random() < 0.53
    first = random.choice(country.women if is_woman else country.men)
    last = random.choice(country.surnames)[0 if is_woman else 1]
    city, region, postal = random.choice(country.cities)
    attributes: dict[str, Any] = {
        "first_name": first,
        "last_name": last,
        "city": city,
        "region": region,
        "country": country.code,
        "postal_code": f"{postal}-{random.randint(100, 999)}",
    }
    if random.random() < 0.72:
        attributes["birthday"] = _birthday(random, now).isoformat()
    if random.random() < 0.6:
        attributes["gender"] = "female" if is_woman else "male"
    if random.random() < 0.09:
        attributes |= {
            "company": random.choice(country.companies),
            "job_title": random.choice(JOB_TITLES),
            "industry": random.choice(INDUSTRIES),
            "organisation_type": random.choice(ORGANISATIONS),
        }
    attributes |= _own_attributes(random, joined)
    item: dict[str, Any] = {
        "external_id": key,
        "email": f"{_ascii(first)}.{_ascii(last)}.{key[2:]}@mail.example",
        "language": country.language,
        "time_zone": country.time_zone,
        "attributes": attributes,
        "observed_at": joined.isoformat(),
    }
    answer = random.random()
    if answer < 0.68:
        item["consents"] = {"email": "granted"}
    elif answer < 0.74:
        item["consents"] = {"email": "withdrawn"}
    return item


def _own_attributes(random: Random, joined: datetime) -> dict[str, Any]:
    own: dict[str, Any] = {}
    if random.random() < 0.34:
        own["shoe_size"] = random.randint(36, 47)
    if random.random() < 0.4:
        own["interests"] = random.sample(INTERESTS, random.randint(1, 3))
    if random.random() < 0.2:
        own["is_student"] = random.random() < 0.5
    if random.random() < 0.12:
        own["club_member_since"] = joined.date().isoformat()
    return own


def _birthday(random: Random, now: datetime) -> date:
    age = min(78, max(17, round(random.gauss(39, 12))))
    return now.date() - timedelta(days=int(age * 365.25) + random.randrange(365))


def _ascii(name: str) -> str:
    plain = name.replace("ł", "l").replace("Ł", "L")
    folded = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return "".join(letter for letter in folded.lower() if letter.isalpha())
