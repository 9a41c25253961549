from __future__ import annotations

from contacts.api.contacts import ContactViewSet
from contacts.api.lists import StaticListViewSet, SuppressionViewSet
from contacts.api.vocabulary import AttributeViewSet, CategoryViewSet, TagViewSet
from workspaces.api import ApiRouter

router = ApiRouter()
router.register("contacts", ContactViewSet, basename="contacts")
router.register("attributes", AttributeViewSet, basename="attributes")
router.register("tags", TagViewSet, basename="tags")
router.register("categories", CategoryViewSet, basename="categories")
router.register("lists", StaticListViewSet, basename="lists")
router.register("suppressions", SuppressionViewSet, basename="suppressions")

urlpatterns = router.urls
