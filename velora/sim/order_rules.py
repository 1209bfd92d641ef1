"""What a venue does with children and OCO groups, by name."""

from __future__ import annotations

from velora.errors import InvalidArgument

__all__ = ["CHILDREN", "OCO", "order_rules"]

#: How children live: in proportion to what has filled of the parent, or only with a parent that filled whole.
CHILDREN = ("fills", "whole")
#: What becomes of the others of a link when one fills in part: those that protect lose as much, or all end.
OCO = ("protect", "cancel")


def order_rules(children: str, oco: str) -> int:
    """Bits of ``VEL_CONTINGENCY_CHILDREN_WHOLE`` and ``VEL_CONTINGENCY_OCO_CANCEL`` for two names."""
    for name, value, known in (("children", children, CHILDREN), ("oco", oco, OCO)):
        if value not in known:
            raise InvalidArgument(f"{name} must be one of {', '.join(map(repr, known))}, was {value!r}")
    return CHILDREN.index(children) | OCO.index(oco) << 1
