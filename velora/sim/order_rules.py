"""What a venue does with children and links, by name."""

from __future__ import annotations

from velora.errors import InvalidArgument

__all__ = ["CHILDREN", "LINKS", "order_rules"]

#: How children live: in proportion to what has filled of the parent, or only with a parent that filled whole.
CHILDREN = ("fills", "whole")
#: What becomes of the others of a link when one fills in part: those that protect lose as much, or all end.
LINKS = ("protect", "cancel")


def order_rules(children: str, links: str) -> int:
    """Bits of ``VEL_DESK_CHILDREN_WHOLE`` and ``VEL_DESK_LINKS_CANCEL`` for two names."""
    for name, value, known in (("children", children, CHILDREN), ("links", links, LINKS)):
        if value not in known:
            raise InvalidArgument(f"{name} must be one of {', '.join(map(repr, known))}, was {value!r}")
    return CHILDREN.index(children) | LINKS.index(links) << 1
