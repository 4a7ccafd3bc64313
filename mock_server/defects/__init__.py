"""The catalogue of defects: each makes the mock break exactly one sentence of one clause, to test tests with."""

from .catalogue import Catalogue, find_defect
from .defect import GROUPS, Defect
from .gateway import DefectiveGateway, with_edit

__all__ = ["GROUPS", "Catalogue", "Defect", "DefectiveGateway", "find_defect", "with_edit"]
