"""Desk clerks for tests: agents by rule that see what every agent sees (policy, tools, messages) and nothing else.

They read the person's words with expressions of their own, choose tools by themselves, ask, propose and confirm.
"""

import json
import re
from datetime import date, timedelta

from apigen_mt.cast.ports import AgentTurn, AgentView, WantedCall
from tools_env.values import Json

Record = dict[str, Json]
MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
YES = re.compile(r"^\W*(?:yes|ok|sure)\b", re.IGNORECASE)
END = r"(?:, please)?[.?!](?:\s|$)"


class Clerk:
    """Hears a matter, looks things up, proposes, acts on a yes, and upholds a refusal."""

    def __init__(self) -> None:
        self.view = AgentView(system="", tools=(), messages=())
        self.since = 0
        self.settled = True
        self.reason = ""
        self.proposal: WantedCall | None = None
        self.last_made: Record | None = None

    async def reply(self, view: AgentView) -> AgentTurn:
        self.view = view
        last = view.messages[-1]
        if last["role"] == "user":
            text = str(last["content"])
            if self.settled and self.reason and self.matter(text) is None:
                return AgentTurn(text=f"I have looked at it again, and I cannot do it, because {self.reason}.")
            if self.settled:
                self.since, self.settled, self.reason = len(view.messages) - 1, False, ""
            agreed, self.proposal = self.proposal, None
            if agreed is not None and YES.search(text):
                return AgentTurn(calls=(agreed,))
        elif self.wrote(last):
            return self.after(json.loads(str(last["content"])))
        return self.identify() or self.work()

    def identify(self) -> AgentTurn | None:
        """Find the person, or None when they are found."""
        raise NotImplementedError

    def work(self) -> AgentTurn:
        """The next step in the matter at hand."""
        raise NotImplementedError

    def matter(self, text: str) -> re.Match[str] | None:
        """Whether the words bring up something new."""
        raise NotImplementedError

    def wrote(self, message: Record) -> bool:
        """Whether a tool message answers one of the calls that were agreed to."""
        name = next(n for i, n, _ in self.calls() if i == message["tool_call_id"])
        return not name.startswith(("find", "list", "get"))

    def after(self, result: Json) -> AgentTurn:
        self.settled = True
        made = result[0] if isinstance(result, list) else result
        assert isinstance(made, dict)
        if "error" in made:
            return AgentTurn(text=f"Sorry, that did not work: {made['error']}")
        self.last_made = made
        return AgentTurn(text="That is done. Can I help you with anything else?")

    def calls(self) -> list[tuple[str, str, Record]]:
        found: list[tuple[str, str, Record]] = []
        for message in self.view.messages:
            wanted = message.get("tool_calls")
            for call in wanted if isinstance(wanted, list) else []:
                assert isinstance(call, dict)
                body = call["function"]
                assert isinstance(body, dict)
                arguments = body["arguments"]
                assert isinstance(arguments, dict)
                found.append((str(call["id"]), str(body["name"]), arguments))
        return found

    def seen(self, *names: str) -> Json:
        """What the last call of one of these tools showed; None if there is none, or if it was refused."""
        wanted = {i for i, n, _ in self.calls() if n in names}
        shown = [str(m["content"]) for m in self.view.messages if m["role"] == "tool" and m["tool_call_id"] in wanted]
        value: Json = json.loads(shown[-1]) if shown else None
        return None if isinstance(value, dict) and "error" in value else value

    def records(self, name: str) -> list[Record] | None:
        found = self.seen(name)
        return [r for r in found if isinstance(r, dict)] if isinstance(found, list) else None

    def words(self) -> str:
        """What the person has said about the matter."""
        return " ".join(str(m["content"]) for m in self.view.messages[self.since :] if m["role"] == "user")

    def everything(self) -> str:
        return " ".join(str(m["content"]) for m in self.view.messages if m["role"] == "user")

    def answers(self) -> str:
        """What the person has said since they brought the matter up."""
        return " ".join(str(m["content"]) for m in self.view.messages[self.since + 1 :] if m["role"] == "user")

    def today(self) -> date:
        found = DAY.search(self.view.system)
        assert found
        return date.fromisoformat(found[0])

    def rule(self, pattern: str) -> str:
        """What the policy says at a place."""
        found = re.search(pattern, " ".join(self.view.system.split()))
        assert found, pattern
        return found[1]

    def call(self, tool: str, /, **arguments: Json) -> AgentTurn:
        assert any(isinstance(t["function"], dict) and t["function"]["name"] == tool for t in self.view.tools)
        return AgentTurn(calls=(WantedCall(name=tool, arguments=arguments),))

    def propose(self, text: str, tool: str, /, **arguments: Json) -> AgentTurn:
        self.proposal = WantedCall(name=tool, arguments=arguments)
        return AgentTurn(text=f"Let me make sure: {text}. Is that correct, shall I go ahead?")

    def refuse(self, reason: str) -> AgentTurn:
        self.settled, self.reason = True, reason
        return AgentTurn(text=f"I'm sorry, that is not possible, because {reason}.")

    def tell(self, text: str) -> AgentTurn:
        self.settled = True
        return AgentTurn(text=f"{text} Can I help you with anything else?")

    def choose(self, records: list[Record], phrase: str, noun: str) -> Record | AgentTurn:
        """The one record that the words fit, or a question."""
        told = f"{phrase} {self.answers()}"
        if f"that {noun}" in told and self.last_made is not None:
            return self.last_made
        scores = [(fits(record, records, told), record) for record in records]
        best = max((score for score, _ in scores), default=0)
        found = [record for score, record in scores if score == best]
        if len(found) == 1 and (best or len(records) == 1):
            return found[0]
        return AgentTurn(text=f"Which {noun} do you mean?")

    def answer(self, record: Record, asked: str, of: str) -> AgentTurn:
        for name, value in record.items():
            plain = name.replace("_", " ")
            if asked in {plain, f"{plain} date", f"{plain.removesuffix(' on')} date", f"number of {plain}"}:
                shown = f"${value:,.2f}" if isinstance(value, float) else value
                return self.tell(f"The {asked} {of} is {shown}.")
        return self.tell(f"I cannot find the {asked}.")


def fits(record: Record, among: list[Record], told: str) -> int:
    """How many things that are said of a record hold for this one."""
    found = 0
    for name, value in record.items():
        plain = name.replace("_", " ").removesuffix(" on")
        if name in {"title", "product", "name"} and isinstance(value, str):
            found += value in told
        elif isinstance(value, str) and not name.endswith("_id"):
            found += bool(re.search(rf"\b{re.escape(plain)}(?: on)? {re.escape(value)}(?![\w-])", told))
        elif isinstance(value, float | int):
            found += bool(re.search(rf"\b{re.escape(plain)} \$?{value:,.2f}(?!\d)", told))
        values = [v for r in among if isinstance(v := r.get(name), str if isinstance(value, str) else float | int)]
        if isinstance(value, str) and not DAY.fullmatch(value):
            continue
        first = rf"{re.escape(plain)} first|(?:earliest|lowest|fewest) {re.escape(plain)}"
        last = rf"{re.escape(plain)} last|(?:latest|highest|most) {re.escape(plain)}"
        if values and value is not None:
            found += value == min(values) and bool(re.search(first, told))
            found += value == max(values) and bool(re.search(last, told))
    return found


class Librarian(Clerk):
    """Works at the desk of the reading club."""

    MATTERS = re.compile(
        r'borrow "(?P<title>[^"]+)" and collect it at the (?P<at>[\w ]+?) branch'
        r"|renew (?:my loan of )?(?P<renew>.+?)" + END + r"|collect (?:my loan of )?(?P<move>(?!it\b).+?) at the "
        r"(?P<branch>[\w ]+?) branch|\bthe (?P<asked>[\w ]+?) of (?P<of>.+?)" + END
    )

    def matter(self, text: str) -> re.Match[str] | None:
        return self.MATTERS.search(text)

    def identify(self) -> AgentTurn | None:
        if self.seen("find_member") is not None:
            return None
        mail = MAIL.search(self.everything())
        if mail is None:
            return AgentTurn(text="Gladly. What is your email address, please?")
        return self.call("find_member", email=mail[0])

    def work(self) -> AgentTurn:
        member, wanted = self.seen("find_member"), self.matter(self.words())
        assert isinstance(member, dict)
        if wanted is None:
            return AgentTurn(text="What can I do for you?")
        if wanted["of"] and "account" in wanted["of"]:
            return self.answer(member, wanted["asked"], "of your account")
        if not wanted["asked"] and str(member["card_expires"]) < self.today().isoformat():
            return self.refuse(f"your card expired on {member['card_expires']}")
        if wanted["title"]:
            text = f'you borrow "{wanted["title"]}" and collect it at the {wanted["at"]} branch'
            return self.propose(text, "borrow", member_id=member["member_id"], title=wanted["title"],
                                branch=wanted["at"])  # fmt: skip
        loans = self.records("list_loans")
        if loans is None:
            return self.call("list_loans", member_id=member["member_id"])
        phrase = wanted["renew"] or wanted["move"] or wanted["of"]
        loan = self.choose(loans, phrase, "loan")
        return loan if isinstance(loan, AgentTurn) else self.with_loan(loan, wanted)

    def with_loan(self, loan: Record, wanted: re.Match[str]) -> AgentTurn:
        called = f"{loan['title']}, loan {loan['loan_id']}"
        if wanted["asked"]:
            return self.answer(loan, wanted["asked"], f"of {called}")
        if wanted["move"]:
            text = f"{called} goes to the {wanted['branch']} branch"
            return self.propose(text, "change_branch", loan_id=loan["loan_id"], branch=wanted["branch"])
        if str(loan["due"]) < self.today().isoformat():
            return self.refuse(f"it was due on {loan['due']}")
        return self.propose(f"{called} is renewed", "renew_loan", loan_id=loan["loan_id"])


class ShopAssistant(Clerk):
    """Works at the desk of the shop; knows what to do about orders, points, addresses and returns."""

    MATTERS = re.compile(
        r"cancel (?P<cancel>.+?) because it is (?P<why>no longer needed|too slow|too expensive|a duplicate)"
        r"|have (?P<send>[^\"]+?) sent to (?P<to>.+?\d{5}) instead"
        r"|have (?P<delay>[^\"]+?) arrive on (?P<day>\d{4}-\d\d-\d\d) instead"
        r'|have "(?P<gift>[^"]+)" printed as the gift message of (?P<printed>.+?)' + END +
        r"|turn all my points into balance on (?P<points>.+?)" + END +
        r"|change my address on file to (?P<home>.+?\d{5})|withdraw (?P<withdraw>.+?)" + END +
        r"|\bthe (?P<asked>[\w ]+?) of (?P<of>my account|the (?:order|payment|return|claim)\b.+?)" + END
    )  # fmt: skip

    def matter(self, text: str) -> re.Match[str] | None:
        return self.MATTERS.search(text)

    def identify(self) -> AgentTurn | None:
        if self.person() is not None:
            return None
        told = self.everything()
        name, postcode = re.search(r"[Mm]y name is ([^.]+)\.", told), re.search(r"postcode is (\d+)", told)
        if mail := MAIL.search(told):
            return self.call("find_customer_by_email", email=mail[0])
        if name and postcode:
            return self.call("find_customer_by_name_and_postcode", name=name[1], postcode=postcode[1])
        return AgentTurn(text="Of course. Could you give me your email address first, please?")

    def person(self) -> Record | None:
        shown = self.seen("find_customer_by_email", "find_customer_by_name_and_postcode")
        return shown if isinstance(shown, dict) else None

    def work(self) -> AgentTurn:
        person, wanted = self.person(), self.matter(self.words())
        assert person is not None
        if wanted is None:
            return AgentTurn(text="What can I do for you?")
        if wanted["home"]:
            return self.move_house(person, wanted["home"])
        if wanted["of"] == "my account":
            return self.answer(person, wanted["asked"], "of your account")
        about = wanted["of"] or ""
        noun = next((n for n in ("payment", "return", "claim") if about.startswith(f"the {n}")), "order")
        noun = "payment" if wanted["points"] else "return" if wanted["withdraw"] else noun
        reader = "list_payment_methods" if noun == "payment" else f"list_{noun}s"
        records = self.records(reader)
        if records is None:
            return self.call(reader, customer_id=person["customer_id"])
        said = ("cancel", "send", "delay", "printed", "points", "withdraw", "of")
        phrase = next(wanted[name] for name in said if wanted[name])
        record = self.choose(records, phrase, noun)
        if isinstance(record, AgentTurn):
            return record
        if wanted["asked"]:
            return self.answer(record, wanted["asked"], f"of the {noun}")
        if wanted["points"]:
            return self.redeem(person, record)
        if wanted["withdraw"]:
            return self.withdraw(record)
        return self.with_order(person, record, wanted)

    def move_house(self, person: Record, home: str) -> AgentTurn:
        days = int(self.rule(r"can be changed again (\d+) days"))
        changed = date.fromisoformat(str(person["address_changed_on"]))
        if self.today() < changed + timedelta(days=days):
            return self.refuse(f"the address was changed on {changed}")
        return self.propose(f"your address on file becomes {home}", "update_address",
                            customer_id=person["customer_id"], address=home)  # fmt: skip

    def redeem(self, person: Record, payment: Record) -> AgentTurn:
        least = int(self.rule(r"turned in from (\d+) points"))
        assert isinstance(person["points"], int)
        if person["points"] < least:
            return self.refuse(f"you have {person['points']} points")
        if payment["state"] != "active":
            return self.refuse(f"the {payment['kind']} is {payment['state']}")
        text = f"all your points go to the {payment['kind']} ending in {payment['ending']} ({payment['payment_id']})"
        return self.propose(text, "redeem_points", customer_id=person["customer_id"], payment_id=payment["payment_id"])

    def withdraw(self, found: Record) -> AgentTurn:
        if found["status"] not in self.rule(r"only while the return's status is (.+?)\.").split(" or "):
            return self.refuse(f"the status is {found['status']}")
        text = f"the return {found['return_id']} of the {found['product']} is withdrawn"
        return self.propose(text, "withdraw_return", return_id=found["return_id"])

    def with_order(self, person: Record, order: Record, wanted: re.Match[str]) -> AgentTurn:
        if order["status"] not in self.rule(r"only while its status is (.+?)\.").split(" or "):
            return self.refuse(f"the order is {order['status']}")
        called = f"order {order['order_id']}, placed on {order['placed_on']},"
        key = {"order_id": order["order_id"]}
        if wanted["cancel"]:
            text = f"{called} is cancelled because it is {wanted['why']}"
            return self.propose(text, "cancel_order", **key, reason=wanted["why"])
        if wanted["send"]:
            if order["carrier"] not in self.rule(r"only if the order travels by (.+?)\.").split(" or "):
                return self.refuse(f"it travels by {order['carrier']}")
            return self.propose(f"{called} goes to {wanted['to']}", "change_order_address", **key,
                                address=wanted["to"])  # fmt: skip
        if wanted["delay"]:
            if person["tier"] not in self.rule(r"Only customers of tier (.+?) can choose").split(" or "):
                return self.refuse(f"your tier is {person['tier']}")
            return self.propose(f"{called} arrives on {wanted['day']}", "change_arrival", **key, day=wanted["day"])
        least, total = float(self.rule(r"whose total is at least \$([\d.]+\d)")), order["total"]
        if isinstance(total, float | int) and total < least:
            return self.refuse(f"the total is ${total:,.2f}")
        text = f'{called} gets the gift message "{wanted["gift"]}"'
        return self.propose(text, "set_gift_message", **key, message=wanted["gift"])
