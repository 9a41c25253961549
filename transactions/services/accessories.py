"""What goes with a product."""

from __future__ import annotations

from collections.abc import Sequence

from contacts.models import ChangeKind
from contacts.services import touch_everybody
from transactions.models import Product, ProductAccessory
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope


def replace_accessories(workspace: Workspace, product_id: int, ids: set[int]) -> bool:
    """Make these the product's accessories; whether anything changed."""
    links = ProductAccessory.objects.in_workspace(workspace).filter(product_id=product_id)
    before = set(links.values_list("accessory_id", flat=True))
    if before == ids:
        return False
    links.exclude(accessory_id__in=ids).delete()
    ProductAccessory.objects.bulk_create(
        [
            ProductAccessory(
                workspace_id=workspace.pk, product_id=product_id, accessory_id=accessory_id
            )
            for accessory_id in sorted(ids - before)
        ],
        ignore_conflicts=True,
    )
    touch_everybody(workspace=workspace, kind=ChangeKind.VOCABULARY)
    return True


def change_accessories(
    *, workspace: Workspace, product_id: int, accessory_ids: Sequence[int]
) -> None:
    """Set the accessories of a product; raises `Product.DoesNotExist` for an unknown one."""
    with workspace_scope(workspace):
        products = Product.objects.in_workspace(workspace)
        product = products.select_for_update().get(pk=product_id)
        wanted = set(accessory_ids) - {product.pk}
        if products.filter(pk__in=wanted).count() != len(wanted):
            raise Product.DoesNotExist
        replace_accessories(workspace, product.pk, wanted)
