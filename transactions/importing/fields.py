"""What columns of a file can be, with the headers that mean it in three languages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from contacts.importing import CellType, Field, Text


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


# --- Products ---

PRODUCT_FIELDS = (
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


# --- Transactions ---

_WHOLE = gettext_lazy("Transaction")
_WHO = gettext_lazy("Who bought")
_LINE = gettext_lazy("Line item")
_WHENCE = gettext_lazy("Where it came from")

TRANSACTION_FIELDS = (
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
