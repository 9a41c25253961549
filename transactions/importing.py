"""Importing products and transactions from files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.importing import (
    BuildContext,
    CellType,
    ColumnFacts,
    Field,
    ImportKind,
    Item,
    Mapped,
    Row,
    RowRefusedError,
    Text,
    register_kind,
)
from contacts.text import normalise
from transactions.models import TransactionKind, TransactionStatus
from transactions.services import record_products, record_transactions
from workspaces.batches import ItemResult
from workspaces.models import Workspace

SOURCE = "import"


def _field(
    key: str,
    label: Text,
    synonyms: str = "",
    cell_type: CellType = CellType.TEXT,
    *,
    group: Text = "",
    takes_several: bool = False,
) -> Field:
    names = tuple(name for name in synonyms.split("|") if name)
    return Field(key, label, cell_type, names, group, takes_several)


# --- Products ------------------------------------------------------------------------------------

_PRODUCT_FIELDS = (
    _field(
        "external_id",
        gettext_lazy("Your id of the product"),
        "id|sku|product id|item id|product code|code|handle|id produktu|kod produktu|"
        "symbol|indeks|id do produto|codigo do produto|codigo|referencia|ref",
    ),
    _field(
        "name",
        gettext_lazy("Name"),
        "product|product name|item|item name|title|nazwa|nazwa produktu|produkt|"
        "nome|nome do produto|produto|descricao",
    ),
    _field("brand", gettext_lazy("Brand"), "vendor|manufacturer|producer|marka|producent|marca"),
    _field(
        "category",
        gettext_lazy("Category"),
        "product category|product type|type|kategoria|categoria|tipo",
    ),
    _field(
        "price",
        gettext_lazy("Price"),
        "unit price|variant price|cena|cena brutto|preco|valor",
        CellType.MONEY,
    ),
    _field(
        "cost",
        gettext_lazy("Cost"),
        "cost price|unit cost|cost per item|purchase price|koszt|cena zakupu|custo|preco de custo",
        CellType.MONEY,
    ),
    _field("currency", gettext_lazy("Currency"), "waluta|moeda"),
    _field("url", gettext_lazy("Page address"), "link|product url|page|adres|adres strony|pagina"),
    _field(
        "image_url",
        gettext_lazy("Picture address"),
        "image|image link|image src|picture|photo|zdjecie|obrazek|imagem|foto",
    ),
    _field(
        "added_at",
        gettext_lazy("Added on"),
        "created|created at|date added|added|data dodania|utworzono|data de criacao|criado em",
        CellType.INSTANT,
    ),
    _field(
        "in_stock",
        gettext_lazy("In stock"),
        "available|availability|is in stock|dostepny|dostepnosc|disponivel|em estoque",
        CellType.BOOLEAN,
    ),
    _field(
        "accessories",
        gettext_lazy("Accessories (ids of products)"),
        "accessory|goes with|related products|akcesoria|acessorios",
        CellType.LIST,
        takes_several=True,
    ),
)


def product_fields(workspace: Workspace) -> Sequence[Field]:
    return _PRODUCT_FIELDS


def build_product(rows: Sequence[Row], context: BuildContext) -> Item:
    """An item of `products/batch`; prices without a currency are in the import's."""
    item = dict(rows[0])
    if not item.get("external_id"):
        raise RowRefusedError(_("The row has no id of the product."))
    if "currency" in item:
        item["currency"] = str(item["currency"]).upper()
    elif "price" in item or "cost" in item:
        item["currency"] = context.currency
    return item


def save_products(
    *, workspace: Workspace, items: Sequence[Item], now: datetime, define: bool
) -> Sequence[ItemResult]:
    return record_products(workspace=workspace, items=items, now=now, source=SOURCE)


# --- Transactions --------------------------------------------------------------------------------

_WHOLE = gettext_lazy("Transaction")
_WHO = gettext_lazy("Who bought")
_LINE = gettext_lazy("Line item")
_WHENCE = gettext_lazy("Where it came from")

_TRANSACTION_FIELDS = (
    _field(
        "external_id",
        gettext_lazy("Your id of the transaction"),
        "id|transaction|transaction id|transaction number|order|order id|order number|order no|"
        "invoice|invoice number|invoice no|receipt|nr|id transakcji|numer transakcji|zamowienie|"
        "id zamowienia|numer zamowienia|nr zamowienia|paragon|faktura|id da transacao|transacao|"
        "pedido|id do pedido|numero do pedido|n do pedido|nota fiscal",
        group=_WHOLE,
    ),
    _field(
        "contact.external_id",
        gettext_lazy("Your id of the contact"),
        "customer|customer id|customer number|customer no|client|client id|user id|contact|"
        "contact id|buyer|buyer id|klient|id klienta|numer klienta|nr klienta|kupujacy|cliente|"
        "id do cliente|codigo do cliente|id cliente|comprador",
        group=_WHO,
    ),
    _field(
        "contact.email",
        gettext_lazy("E-mail of the contact"),
        "email|e-mail|mail|email address|customer email|billing email|buyer email|adres e-mail|"
        "adres email|email klienta|e-mail klienta|email do cliente|e-mail do cliente|"
        "endereco de email",
        group=_WHO,
    ),
    _field(
        "occurred_at",
        gettext_lazy("When"),
        "date|time|datetime|timestamp|order date|transaction date|purchase date|invoice date|"
        "invoicedate|created|created at|placed at|paid at|data|data zamowienia|data transakcji|"
        "data zakupu|data zlozenia|data do pedido|data da compra|data da transacao|criado em",
        CellType.INSTANT,
        group=_WHOLE,
    ),
    _field(
        "updated_at",
        gettext_lazy("Last changed"),
        "updated|modified|last modified|data zmiany|zmieniono|atualizado em",
        CellType.INSTANT,
        group=_WHOLE,
    ),
    _field(
        "kind",
        gettext_lazy("Cart or purchase"),
        "transaction type|typ transakcji|tipo de transacao",
        group=_WHOLE,
    ),
    _field(
        "status",
        gettext_lazy("Status"),
        "state|order status|financial status|payment status|status zamowienia|stan|"
        "status do pedido|situacao",
        group=_WHOLE,
    ),
    _field(
        "total",
        gettext_lazy("Total of the transaction"),
        "amount|sum|value|revenue|order total|order value|grand total|total amount|total price|"
        "total paid|kwota|suma|razem|wartosc|wartosc zamowienia|do zaplaty|valor|valor total|"
        "total do pedido|montante",
        CellType.MONEY,
        group=_WHOLE,
    ),
    _field(
        "shipping",
        gettext_lazy("Shipping"),
        "shipping cost|shipping amount|delivery|delivery cost|freight|dostawa|koszt dostawy|"
        "wysylka|koszt wysylki|frete|valor do frete|entrega",
        CellType.MONEY,
        group=_WHOLE,
    ),
    _field("currency", gettext_lazy("Currency"), "currency code|waluta|moeda", group=_WHOLE),
    _field(
        "coupon",
        gettext_lazy("Coupon"),
        "coupon code|discount code|voucher|promo code|kupon|kod rabatowy|kod promocyjny|cupom|"
        "cupom de desconto|codigo promocional",
        group=_WHOLE,
    ),
    _field(
        "sales_channel",
        gettext_lazy("Sales channel"),
        "store|shop|pos|kanal sprzedazy|sklep|canal de venda|canal de vendas|loja",
        group=_WHOLE,
    ),
    _field(
        "lines.product",
        gettext_lazy("Your id of the product"),
        "product id|sku|item id|lineitem sku|product code|stock code|stockcode|id produktu|"
        "kod produktu|symbol|id do produto|codigo do produto",
        group=_LINE,
    ),
    _field("lines.variant", gettext_lazy("Variant"), "variant id|wariant|variante", group=_LINE),
    _field(
        "lines.name",
        gettext_lazy("Name of the product"),
        "product|product name|item|item name|lineitem name|description|nazwa|nazwa produktu|"
        "produkt|towar|produto|nome do produto|descricao",
        group=_LINE,
    ),
    _field(
        "lines.brand",
        gettext_lazy("Brand"),
        "vendor|lineitem vendor|manufacturer|marka|producent|marca",
        group=_LINE,
    ),
    _field(
        "lines.category",
        gettext_lazy("Category"),
        "product category|product type|kategoria|categoria",
        group=_LINE,
    ),
    _field(
        "lines.quantity",
        gettext_lazy("Quantity"),
        "qty|lineitem quantity|units|pieces|number of items|ilosc|liczba|liczba sztuk|sztuk|"
        "quantidade|qtd|qtde",
        CellType.NUMBER,
        group=_LINE,
    ),
    _field(
        "lines.amount",
        gettext_lazy("Amount of the line"),
        "line amount|line total|item total|subtotal|net amount|wartosc pozycji|kwota pozycji|"
        "valor do item|total do item",
        CellType.MONEY,
        group=_LINE,
    ),
    _field(
        "lines.unit_price",
        gettext_lazy("Price of one"),
        "price|unit price|unitprice|item price|lineitem price|cena|cena jednostkowa|preco|"
        "preco unitario|valor unitario",
        CellType.MONEY,
        group=_LINE,
    ),
    _field(
        "lines.cost",
        gettext_lazy("Cost of the line"),
        "cost|koszt|custo",
        CellType.MONEY,
        group=_LINE,
    ),
    _field(
        "source.channel",
        gettext_lazy("Traffic source"),
        "channel|source|traffic source|zrodlo|kanal|origem|canal",
        group=_WHENCE,
    ),
    _field("source.utm.source", "UTM source", "utm source", group=_WHENCE),
    _field("source.utm.medium", "UTM medium", "utm medium", group=_WHENCE),
    _field("source.utm.campaign", "UTM campaign", "utm campaign", group=_WHENCE),
    _field("source.utm.term", "UTM term", "utm term", group=_WHENCE),
    _field("source.utm.content", "UTM content", "utm content", group=_WHENCE),
    _field(
        "source.referrer",
        gettext_lazy("Referring page"),
        "referring site|referer|strona odsylajaca|referencia",
        group=_WHENCE,
    ),
    _field("source.url", gettext_lazy("Landing page"), "landing page|landing site", group=_WHENCE),
)
_LINE_DETAILS = ("product", "variant", "name", "brand", "category")
_LINE_PARTS = (*_LINE_DETAILS, "quantity", "amount", "unit_price", "cost")

_STATUS_WORDS: dict[TransactionStatus, str] = {
    TransactionStatus.PENDING: "pending|unpaid|authorized|on-hold|on hold|awaiting payment|new|"
    "oczekujące|oczekuje|nieopłacone|nowe|pendente|aguardando pagamento|novo",
    TransactionStatus.PAID: "paid|processing|opłacone|zapłacone|w realizacji|pago|aprovado|"
    "processando|em processamento",
    TransactionStatus.FULFILLED: "fulfilled|completed|complete|shipped|delivered|closed|done|"
    "zrealizowane|wysłane|dostarczone|zakończone|concluído|enviado|entregue|finalizado",
    TransactionStatus.CANCELLED: "cancelled|canceled|voided|void|failed|expired|anulowane|"
    "odrzucone|cancelado|recusado",
    TransactionStatus.REFUNDED: "refunded|returned|zwrócone|zwrot|reembolsado|devolvido|estornado",
    TransactionStatus.TEST: "test|testowe|teste",
}
_STATUSES = {
    normalise(word): status for status, words in _STATUS_WORDS.items() for word in words.split("|")
}
_KIND_WORDS: dict[TransactionKind, str] = {
    TransactionKind.PURCHASE: "purchase|order|sale|zakup|zamówienie|sprzedaż|compra|pedido|venda",
    TransactionKind.CART: "cart|basket|abandoned cart|abandoned|koszyk|porzucony koszyk|carrinho|"
    "carrinho abandonado",
}
_KINDS = {normalise(word): kind for kind, words in _KIND_WORDS.items() for word in words.split("|")}


def transaction_fields(workspace: Workspace) -> Sequence[Field]:
    return _TRANSACTION_FIELDS


def refine_transactions(mapping: Mapped, columns: Sequence[ColumnFacts], repeats: bool) -> Mapped:
    """Tell a row a line from a row a transaction, and an e-mail from an id of the customer.

    A column named plainly "amount" is the line's where rows name products or share a transaction,
    the transaction's otherwise; then a number of items has no line to stand in.
    """
    mapping = _tell_customers_apart(mapping, columns)
    mapped = set(mapping.values())
    has_lines = repeats or any(f"lines.{part}" in mapped for part in _LINE_DETAILS)
    if has_lines:
        if not mapped & {"lines.amount", "lines.unit_price"}:
            mapping = {at: "lines.amount" if key == "total" else key for at, key in mapping.items()}
        return mapping
    if "total" not in mapped and "lines.amount" in mapped:
        mapping = {at: "total" if key == "lines.amount" else key for at, key in mapping.items()}
    if "total" not in mapping.values():
        return mapping
    return {at: key for at, key in mapping.items() if not key.startswith("lines.")}


def _tell_customers_apart(mapping: Mapped, columns: Sequence[ColumnFacts]) -> Mapped:
    refined: Mapped = {}
    for at, key in mapping.items():
        if key == "contact.external_id" and "contact.email" not in mapping.values():
            cells = [cell for cell in columns[at].samples if cell.strip()]
            if cells and all("@" in cell for cell in cells):
                key = "contact.email"
        refined[at] = key
    return refined


def build_transaction(rows: Sequence[Row], context: BuildContext) -> Item:
    """An item of `transactions/batch` from the rows of one transaction."""
    whole = _agreed(rows)
    if not whole.get("external_id"):
        raise RowRefusedError(_("The row has no id of the transaction."))
    if "occurred_at" not in whole:
        raise RowRefusedError(_("The row has no date."))
    item: Item = {
        "external_id": whole["external_id"],
        "contact": _part(whole, "contact."),
        "occurred_at": whole["occurred_at"],
        "kind": _word(_KINDS, whole.get("kind", TransactionKind.PURCHASE.value)),
        "status": _word(_STATUSES, whole.get("status", TransactionStatus.PAID.value)),
        "currency": str(whole.get("currency", context.currency)).upper(),
    }
    for key in ("updated_at", "coupon", "sales_channel", "shipping"):
        if key in whole:
            item[key] = whole[key]
    if source := _source(whole):
        item["source"] = source
    lines = [line for row in rows if (line := _line(row))]
    if lines:
        item["lines"] = _with_amounts(lines, whole)
    elif "total" in whole:
        item["total"] = whole["total"]
    else:
        raise RowRefusedError(_("The row has no amount."))
    if not item["contact"]:
        raise RowRefusedError(_("The row doesn't say who bought: neither an id nor an e-mail."))
    return item


def _agreed(rows: Sequence[Row]) -> dict[str, Any]:
    """What all rows of a transaction say of it; they may leave out what another row says."""
    whole: dict[str, Any] = {}
    for row in rows:
        for key, value in row.items():
            if key.startswith("lines."):
                continue
            if whole.setdefault(key, value) != value:
                label = next(field.label for field in _TRANSACTION_FIELDS if field.key == key)
                raise RowRefusedError(
                    _("Rows of transaction %(id)s disagree about “%(field)s”.")
                    % {"id": rows[0].get("external_id", ""), "field": label}
                )
    return whole


def _part(row: Row, prefix: str) -> dict[str, Any]:
    return {key.removeprefix(prefix): row[key] for key in row if key.startswith(prefix)}


def _word(words: dict[str, Any], text: str) -> str:
    found = words.get(normalise(text))
    if found is None:
        known = ", ".join(dict.fromkeys(str(value) for value in words.values()))
        raise RowRefusedError(
            _("“%(value)s” is unknown; use one of: %(known)s.")
            % {"value": text[:60], "known": known}
        )
    return str(found.value)


def _source(whole: dict[str, Any]) -> dict[str, Any]:
    """What the file says of the traffic source."""
    source = {
        key.removeprefix("source."): value
        for key, value in whole.items()
        if key.startswith("source.") and not key.startswith("source.utm.")
    }
    if utm := _part(whole, "source.utm."):
        source["utm"] = utm
    if "channel" in source:
        source["channel"] = normalise(source["channel"]).replace(" ", "_").replace("-", "_")
    return source


def _line(row: Row) -> dict[str, Any]:
    return {part: row[f"lines.{part}"] for part in _LINE_PARTS if f"lines.{part}" in row}


def _with_amounts(lines: list[dict[str, Any]], whole: dict[str, Any]) -> list[dict[str, Any]]:
    """Quantity is one where nothing is said; the amount follows from the price, or the total."""
    for line in lines:
        line.setdefault("quantity", 1)
        if "amount" not in line and "unit_price" in line:
            amount = Decimal(line["unit_price"]) * Decimal(str(line["quantity"]))
            line["amount"] = f"{amount.normalize():f}"
        elif "amount" not in line and len(lines) == 1 and "total" in whole:
            line["amount"] = whole["total"]
        elif "amount" not in line:
            raise RowRefusedError(_("A line has neither an amount nor a price."))
    return lines


def save_transactions(
    *, workspace: Workspace, items: Sequence[Item], now: datetime, define: bool
) -> Sequence[ItemResult]:
    return record_transactions(workspace=workspace, items=items, now=now, source=SOURCE)


PRODUCTS = ImportKind(
    key="products",
    label=gettext_lazy("Products"),
    description=gettext_lazy("One row a product: name, brand, category, price."),
    fields=product_fields,
    required=(("external_id",),),
    key_fields=("external_id",),
    build=build_product,
    save=save_products,
)
TRANSACTIONS = ImportKind(
    key="transactions",
    label=gettext_lazy("Transactions"),
    description=gettext_lazy("One row a transaction with its total, or one row a line item."),
    fields=transaction_fields,
    required=(
        ("external_id",),
        ("contact.external_id", "contact.email"),
        ("occurred_at",),
        ("total", "lines.amount", "lines.unit_price"),
    ),
    key_fields=("external_id",),
    build=build_transaction,
    save=save_transactions,
    is_grouped=True,
    refine=refine_transactions,
)


def register_kinds() -> None:
    """Called once when the app is ready."""
    register_kind(PRODUCTS)
    register_kind(TRANSACTIONS)
