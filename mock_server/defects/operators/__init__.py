"""The operators: each breaks any contract in one way, wherever that contract has something to break."""

from ..operator import OPERATORS, Application, Operator
from . import answers, bytes, errors, keys, money, paths, requests, results, rules, subjects, tasks, webhooks  # noqa: A004

_ALL = (keys, requests, subjects, answers, errors, paths, rules, money, tasks, results, webhooks, bytes)

__all__ = ["OPERATORS", "Application", "Operator"]
