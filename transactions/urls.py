"""Addresses of the pages about products and transactions, below a workspace."""

from __future__ import annotations

from django.urls import path

from transactions import views

app_name = "transactions"

urlpatterns = [
    path("transactions/", views.transaction_list, name="list"),
    path("transactions/<int:transaction>/", views.transaction_card, name="card"),
    path("products/", views.product_list, name="products"),
    path("products/brands/", views.brand_list, name="brands"),
    path("products/<int:product>/", views.product_card, name="product-card"),
    path("products/<int:product>/accessories/", views.product_accessories, name="accessories"),
]
