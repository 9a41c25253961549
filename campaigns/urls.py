"""Addresses of the pages about campaigns, below a workspace."""

from __future__ import annotations

from django.urls import path

from campaigns.views import (
    accounts,
    calendar,
    codes,
    domains,
    editing,
    listing,
    preview,
    report,
    running,
    runs,
    settings,
    topics,
    waterfalls,
)

app_name = "campaigns"

urlpatterns = [
    path("campaigns/", listing.campaign_list, name="list"),
    path("campaigns/new/", editing.campaign_new, name="new"),
    path("campaigns/<int:campaign>/edit/", editing.campaign_edit, name="edit"),
    path("campaigns/<int:campaign>/preview/", preview.campaign_preview, name="preview"),
    path("campaigns/<int:campaign>/duplicate/", listing.campaign_duplicate, name="duplicate"),
    path("campaigns/<int:campaign>/archive/", listing.campaign_archive, name="archive"),
    path("campaigns/<int:campaign>/restore/", listing.campaign_restore, name="restore"),
    path("campaigns/calendar/", calendar.calendar_page, name="calendar"),
    path("campaigns/<int:campaign>/", report.campaign_page, name="page"),
    path("campaigns/<int:campaign>/waterfall/", waterfalls.waterfall_list, name="waterfall-list"),
    path("campaigns/runs/<int:run_id>/", runs.run_page, name="run"),
    path("campaigns/runs/<int:run_id>/state/", runs.run_state, name="run-state"),
    path("campaigns/runs/<int:run_id>/recipients/", runs.recipients, name="recipients"),
    path("campaigns/runs/<int:run_id>/recipients.csv", runs.recipients_file, name="recipients-csv"),
    path("campaigns/runs/<int:run_id>/receipt/", runs.receipt, name="receipt"),
    path("campaigns/runs/<int:run_id>/receipt.json", runs.receipt_file, name="receipt-json"),
    path("campaigns/<int:campaign>/stop/", running.campaign_stop, name="stop"),
    path("campaigns/runs/<int:run_id>/pause/", running.run_pause, name="run-pause"),
    path("campaigns/runs/<int:run_id>/resume/", running.run_resume, name="run-resume"),
    path("campaigns/runs/<int:run_id>/cancel/", running.run_cancel, name="run-cancel"),
    path("campaigns/runs/<int:run_id>/confirm/", running.run_confirm, name="run-confirm"),
    path("campaigns/runs/<int:run_id>/resend/", running.run_resend, name="run-resend"),
    path("campaigns/topics/", topics.topics, name="topics"),
    path("campaigns/topics/<int:topic>/", topics.topic_change, name="topic-change"),
    path("campaigns/topics/<int:topic>/move/", topics.topic_move, name="topic-move"),
    path("campaigns/topics/<int:topic>/archive/", topics.topic_archive, name="topic-archive"),
    path("campaigns/topics/<int:topic>/restore/", topics.topic_restore, name="topic-restore"),
    path("campaigns/codes/", codes.pools, name="codes"),
    path("campaigns/codes/<int:pool>/", codes.pool_page, name="pool"),
    path("campaigns/codes/<int:pool>/change/", codes.pool_change, name="pool-change"),
    path("campaigns/codes/<int:pool>/fill/", codes.pool_fill, name="pool-fill"),
    path("campaigns/codes/<int:pool>/archive/", codes.pool_archive, name="pool-archive"),
    path("campaigns/codes/<int:pool>/codes.csv", codes.pool_file, name="pool-csv"),
    path("campaigns/accounts/", accounts.accounts, name="accounts"),
    path("campaigns/accounts/new/", accounts.account_new, name="account-new"),
    path("campaigns/accounts/<int:account>/", accounts.account, name="account"),
    path("campaigns/accounts/<int:account>/test/", accounts.account_test, name="account-test"),
    path(
        "campaigns/accounts/<int:account>/archive/",
        accounts.account_archive,
        name="account-archive",
    ),
    path("campaigns/domains/", domains.domains, name="domains"),
    path("campaigns/domains/<int:domain>/", domains.domain, name="domain"),
    path("campaigns/domains/<int:domain>/check/", domains.domain_check, name="domain-check"),
    path("campaigns/domains/<int:domain>/remove/", domains.domain_remove, name="domain-remove"),
    path("campaigns/settings/", settings.sending_settings, name="settings"),
]
