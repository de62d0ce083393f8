"""A shop that lists orders by id alone and finds people by id alone, takes parallel lists, and an address in parts."""

import datetime
from typing import Annotated, Literal

from tools_env import authoring as env

BuyerId = Annotated[str, env.Identifier("buyers"), env.Doc("The buyer's id.")]
OrderId = Annotated[str, env.Identifier("orders"), env.Doc("The order's id.")]
ArticleId = Annotated[str, env.Identifier("articles")]
ProductId = Annotated[str, env.Identifier("products"), env.Doc("The product's id.")]
Email = Annotated[str, env.Contact("email"), env.Doc("The mail address.")]
Status = Annotated[Literal["waiting", "packed", "received"], env.Doc("Where the order is.")]
Street = Annotated[str, env.Paired("address", env.Contact("street")), env.Doc("The street.")]
Town = Annotated[str, env.Paired("address", env.Contact("town")), env.Doc("The town.")]
Postcode = Annotated[str, env.Paired("address", env.Contact("postcode")), env.Doc("The postcode.")]
Given = Annotated[list[ArticleId], env.Paired("swap", env.Identifier("articles")), env.Doc("What goes back.")]
Taken = Annotated[list[ArticleId], env.Paired("swap", env.Identifier("articles")), env.Doc("What comes instead.")]

GOODS = {"lamp": "smoke jade ivory coral", "kettle": "steel copper slate", "stool": "oak ash elm walnut"}
STREETS = ("1 Mill Lane", "22 Orchard Rise", "3 Quay Side", "40 Harrow Street")
TOWNS = ("Ashcombe", "Birchley", "Colwick", "Dunmere")
POSTCODES = ("40118", "40225", "40339", "40446")
FIRST, LAST = ("Ada", "Bram", "Cleo", "Dov"), ("Ames", "Birk", "Cole", "Dunn")


class Buyer(env.Record):
    buyer_id: BuyerId
    first_name: str
    last_name: str
    email: Email
    postcode: Postcode
    orders: list[OrderId]


class Line(env.Record):
    article_id: ArticleId
    product_id: ProductId
    shade: str
    price: env.Amount


class Order(env.Record):
    order_id: OrderId
    buyer_id: BuyerId
    status: Status
    placed_on: env.Date
    street: Street
    town: Town
    postcode: Postcode
    lines: list[Line]


class Article(env.Record):
    article_id: ArticleId
    shade: str
    price: env.Amount


class Product(env.Record):
    product_id: ProductId
    name: str
    articles: dict[str, Article]


class SwapShop(env.Environment):
    """A shop for things of the house. Today is {now}.

    1 Only an order that nobody has begun with is cancelled or sent elsewhere.
    2 Only articles that the buyer has at home are swapped, each for another article of the same product.
    3 Find the buyer first.
    4 One person a talk.
    5 Ask for a yes before every change.
    """

    buyers: env.Table[Buyer]
    orders: env.Table[Order]
    products: env.Table[Product]
    person, knows = "buyers", ("first_name", "last_name", "email", "postcode")
    pools = {"street": STREETS, "town": TOWNS, "postcode": POSTCODES}
    conduct = (env.authenticated_by("3", "find_buyer"), env.one_person("4"), env.confirmed_writes("5"))

    def fill(self, rng: env.Random) -> None:
        self.now = datetime.date(2026, 3, 1)
        for name, shades in GOODS.items():
            made = [
                Article(article_id=f"{name[0].upper()}{100 + n}", shade=shade, price=10.5 * (n + 2))
                for n, shade in enumerate(shades.split())
            ]
            self.products.put(Product(product_id=f"P-{name}", name=name, articles={a.article_id: a for a in made}))
        for n in range(8):
            keys = [f"#W{n}{k}{rng.randrange(100, 1000)}" for k in range(rng.randrange(1, 4))]
            first, last, where = rng.choice(FIRST), rng.choice(LAST), rng.randrange(4)
            for key in keys:
                self.orders.put(self._order(key, f"{first}_{last}_{n}".lower(), where, rng))
            self.buyers.put(
                Buyer(
                    buyer_id=f"{first}_{last}_{n}".lower(),
                    first_name=first,
                    last_name=last,
                    email=f"{first}.{last}{n}@example.com".lower(),
                    postcode=POSTCODES[where],
                    orders=keys,
                )
            )

    def _order(self, key: str, buyer: str, where: int, rng: env.Random) -> Order:
        lines = [
            Line(article_id=a.article_id, product_id=p.product_id, shade=a.shade, price=a.price)
            for p in rng.sample([*self.products], 2)
            for a in [rng.choice([*p.articles.values()])]
        ]
        return Order(
            order_id=key,
            buyer_id=buyer,
            status=rng.choice(env.choices(Status)),
            placed_on=self.now - datetime.timedelta(days=rng.randrange(1, 90)),
            street=STREETS[where],
            town=TOWNS[where],
            postcode=POSTCODES[where],
            lines=lines,
        )

    @env.read()
    def find_buyer(self, email: Email) -> BuyerId:
        """Find a buyer by mail address."""
        return self.buyers.one(email=email).buyer_id

    @env.read()
    def get_buyer(self, buyer_id: BuyerId) -> Buyer:
        """Look a buyer up."""
        return self.buyers[buyer_id]

    @env.read()
    def get_order(self, order_id: OrderId) -> Order:
        """Look an order up."""
        return self.orders[order_id]

    @env.read()
    def list_products(self) -> dict[str, ProductId]:
        """List all products: name to id."""
        return {p.name: p.product_id for p in self.products}

    @env.read()
    def get_product(self, product_id: ProductId) -> Product:
        """Look a product up."""
        return self.products[product_id]

    @env.write("1", ask="cancel {order_id}")
    def cancel_order(self, order_id: OrderId) -> str:
        """Cancel an order."""
        self.orders.remove(self._waiting(order_id))
        return "done"

    @env.write("1", ask="have {order_id} sent to {street}, {town}, {postcode}")
    def redirect_order(self, order_id: OrderId, street: Street, town: Town, postcode: Postcode) -> Order:
        """Send an order to another address."""
        return self.orders.change(self._waiting(order_id), street=street, town=town, postcode=postcode)

    @env.write("2", ask="swap {article_ids} from {order_id} for {new_article_ids}")
    def swap_articles(self, order_id: OrderId, article_ids: Given, new_article_ids: Taken) -> Order:
        """Swap articles of an order for others of the same products, one for one."""
        order = self._swappable(order_id)
        if len(article_ids) != len(new_article_ids):
            raise env.Refused("", "Name one article for each that goes back.")
        lines = {line.article_id: line for line in order.lines}
        for old, new in zip(article_ids, new_article_ids, strict=True):
            line = lines.pop(old, None)
            product = self.products[line.product_id] if line else None
            if line is None or product is None or new not in product.articles or new == old:
                raise env.Refused("", "An article of the order is swapped for another one of its product.")
            there = product.articles[new]
            lines[new] = Line(article_id=new, product_id=product.product_id, shade=there.shade, price=there.price)
        return self.orders.change(order, lines=[*lines.values()])

    def _swappable(self, order_id: str) -> Order:
        order = self.orders[order_id]
        if order.status != "received":
            because = self.orders.because(order, "status", "received")
            raise env.Refused("2", "The buyer does not have them yet.", because)
        return order

    def _waiting(self, order_id: str) -> Order:
        order = self.orders[order_id]
        if order.status != "waiting":
            because = self.orders.because(order, "status", "waiting")
            raise env.Refused("1", "The order is on its way or delivered.", because)
        return order
