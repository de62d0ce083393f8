"""The books of a simulation: what the provider was asked and paid, what the disk took, and what must never happen."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it was billed: the request's digest, the talk it belongs to, and its tokens."""

    digest: str
    talk: str
    tokens: int


@dataclass(slots=True)
class Books:
    """Kept outside of the process, so they outlive it. `wrong` is what broke a promise, in words.

    An answer is under way until it is delivered, and in hand until the disk has it. One that a death catches in hand,
    that a failed commit rejected or that power loss took is `excused`: it may be bought again, once.
    """

    at_once: int = 1
    wide: int = 1
    cap: int | None = None
    wrong: list[str] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    billed: int = 0
    lost: int = 0
    delivered: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    excused: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    """Tokens of the replies that the disk holds."""
    under_way: list[str] = field(default_factory=list)
    in_hand: list[Answered] = field(default_factory=list)
    refused: bool = False
    """Whether the disk refused something in this sitting."""
    peak: int = 0
    most_in_hand: int = 0

    def note(self, what: str) -> None:
        """Enter an event into the history."""
        self.history.append(what)

    def blame(self, what: str) -> None:
        """Enter what must not happen."""
        self.wrong.append(what)
        self.history.append(f"WRONG: {what}")

    def sent(self, digest: str, talk: str) -> None:
        """A request goes out: whatever its talk has been told before must be on the disk by now."""
        self.under_way.append(talk)
        self.peak = max(self.peak, len(self.under_way))
        if len(self.under_way) > self.wide:
            self.blame(f"{len(self.under_way)} requests at a time where {self.wide} talks were asked for")
        held = sum(a.talk == talk for a in self.in_hand)
        if self.under_way.count(talk) + held > self.at_once:
            self.blame(f"a reply was used before it was on the disk, in {talk} for {digest[:8]}")

    def ended(self, talk: str) -> None:
        """A request is over, however it went."""
        if talk in self.under_way:
            self.under_way.remove(talk)

    def bill(self, tokens: int) -> None:
        """The provider has written an answer, and charges for it."""
        self.billed += tokens

    def hand(self, answer: Answered) -> None:
        """An answer is delivered whole."""
        self.delivered[answer.digest] += 1
        self.in_hand.append(answer)
        self.most_in_hand = max(self.most_in_hand, len(self.in_hand))
        if self.cap is not None and (held := self.tokens + sum(a.tokens for a in self.in_hand)) > self.cap:
            self.blame(f"{held} tokens delivered under a cap of {self.cap}")

    def stored(self, digest: str, tokens: int, *, again: bool) -> None:
        """The disk has taken a reply; `again`: it held that very one already."""
        found = next((a for a in self.in_hand if a.digest == digest), None)
        if again:
            self.blame(f"a reply was committed twice: {digest[:8]}")
        elif found is None:
            self.blame(f"a reply was committed that nobody was given: {digest[:8]}")
        else:
            self.in_hand.remove(found)
            if found.tokens != tokens:
                self.blame(f"a reply of {found.tokens} tokens was entered as {tokens}")
        if not again:
            self.kept[digest] += 1
            self.tokens += tokens

    def taken(self, digest: str, tokens: int) -> None:
        """Power loss took a reply from the disk."""
        self.kept[digest] -= 1
        self.tokens -= tokens
        self.excused[digest] += 1

    def over(self, *, died: bool) -> None:
        """A sitting is over: what it had in hand is lost if it died or the disk was at fault, and wasted otherwise."""
        for answer in self.in_hand:
            if died or self.refused:
                self.excused[answer.digest] += 1
                self.lost += answer.tokens
            else:
                self.blame(f"a reply was paid and thrown away: {answer.digest[:8]} of {answer.talk}")
        if self.under_way and not died:
            self.blame(f"{len(self.under_way)} requests were left under way")
        self.in_hand.clear()
        self.under_way.clear()
        self.refused = False

    def balance(self) -> None:
        """At the end: each answer that was delivered is on the disk once, or excused."""
        for digest, times in self.delivered.items():
            if times != (found := self.kept[digest] + self.excused[digest]):
                self.blame(f"{digest[:8]} was delivered {times} times, and {found} of them are accounted for")
