"""What the author of a domain needs, in one import."""

from random import Random

from typing_extensions import Doc

from tools_env.calls import Because, Refused
from tools_env.course import Course
from tools_env.environment import Environment, Terms, Verdict, rule
from tools_env.invented import people
from tools_env.rules import authenticated_by, confirmed_writes, one_call_at_a_time, one_person
from tools_env.table import Record, Table
from tools_env.tool import DomainError, choices, read, write
from tools_env.values import Amount, Contact, Count, Date, Identifier, Paired, Prose, Unordered, money

__all__ = [
    "Amount",
    "Because",
    "Contact",
    "Count",
    "Course",
    "Date",
    "Doc",
    "DomainError",
    "Environment",
    "Identifier",
    "Paired",
    "Prose",
    "Random",
    "Record",
    "Refused",
    "Table",
    "Terms",
    "Unordered",
    "Verdict",
    "authenticated_by",
    "choices",
    "confirmed_writes",
    "money",
    "one_call_at_a_time",
    "one_person",
    "people",
    "read",
    "rule",
    "write",
]
