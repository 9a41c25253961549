"""Addresses of the pages about contacts, below a workspace."""

from __future__ import annotations

from django.urls import include, path

from contacts import views

app_name = "contacts"

urlpatterns = [
    path("", include("contacts.import_urls")),
    path("contacts/", views.contact_list, name="list"),
    path("contacts/new/", views.contact_new, name="new"),
    path("contacts/contacts.csv", views.contacts_csv, name="csv"),
    path("contacts/<int:contact>/", views.contact_card, name="card"),
    path("contacts/<int:contact>/edit/", views.contact_edit, name="edit"),
    path("contacts/<int:contact>/tag/", views.contact_tag, name="tag"),
    path("contacts/<int:contact>/untag/", views.contact_untag, name="untag"),
    path("contacts/<int:contact>/consent/", views.contact_consent, name="consent"),
    path("contacts/<int:contact>/merge/", views.contact_merge, name="merge"),
    path("contacts/<int:contact>/erase/", views.contact_erase, name="erase"),
    path("contacts/<int:contact>/export/", views.contact_export, name="export"),
    path("attributes/", views.attributes, name="attributes"),
    path("attributes/<int:attribute>/", views.attribute_change, name="attribute"),
    path("attributes/<int:attribute>/delete/", views.attribute_delete, name="attribute-delete"),
    path("tags/", views.tags, name="tags"),
    path("tags/<int:tag>/rename/", views.tag_rename, name="tag-rename"),
    path("tags/<int:tag>/delete/", views.tag_delete, name="tag-delete"),
    path("categories/", views.categories, name="categories"),
    path("categories/<int:category>/rename/", views.category_rename, name="category-rename"),
    path("categories/<int:category>/delete/", views.category_delete, name="category-delete"),
    path("lists/", views.lists, name="lists"),
    path("lists/<int:static_list>/", views.list_card, name="list-card"),
    path("lists/<int:static_list>/change/", views.list_change, name="list-change"),
    path("lists/<int:static_list>/delete/", views.list_delete, name="list-delete"),
    path("lists/<int:static_list>/add/", views.list_add, name="list-add"),
    path("lists/<int:static_list>/remove/", views.list_remove, name="list-remove"),
    path("lists/<int:static_list>/members.csv", views.list_csv, name="list-csv"),
]
