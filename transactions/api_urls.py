from __future__ import annotations

from transactions.api import (
    BrandViewSet,
    ProductCategoryViewSet,
    ProductViewSet,
    RateViewSet,
    RefundViewSet,
    TransactionViewSet,
)
from workspaces.api import ApiRouter

router = ApiRouter()
router.register("products", ProductViewSet, basename="products")
router.register("brands", BrandViewSet, basename="brands")
router.register("product-categories", ProductCategoryViewSet, basename="product-categories")
router.register("transactions", TransactionViewSet, basename="transactions")
router.register("refunds", RefundViewSet, basename="refunds")
router.register("rates", RateViewSet, basename="rates")

urlpatterns = router.urls
