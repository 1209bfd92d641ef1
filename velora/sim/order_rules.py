"""A venue's rules for child orders and OCO groups, by name."""

from __future__ import annotations

from velora.errors import InvalidArgument

__all__ = ["CHILDREN", "OCO", "order_rules"]

#: When children work: in proportion to the parent's filled quantity, or only after the parent has filled completely.
CHILDREN = ("fills", "whole")
#: Effect of a partial fill on the other orders of an OCO group: protective orders are reduced by it, or all others end.
OCO = ("protect", "cancel")


def order_rules(children: str, oco: str) -> int:
    """Bits of ``VEL_CONTINGENCY_CHILDREN_WHOLE`` and ``VEL_CONTINGENCY_OCO_CANCEL`` for two names."""
    for name, value, known in (("children", children, CHILDREN), ("oco", oco, OCO)):
        if value not in known:
            raise InvalidArgument(f"{name} must be one of {', '.join(map(repr, known))}, was {value!r}")
    return CHILDREN.index(children) | OCO.index(oco) << 1
