"""Who may do what in a shop, enforced in one place: views are marked, the middleware decides.

A view with no mark is refused to everybody, and a system check reports it.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from shop import doors
from shop.errors import NotAllowed
from shop.models import Membership
from shop.roles import Can, may

View = TypeVar("View", bound=Callable[..., Any])

MEMBER = "member"
PUBLIC = "public"
SIGNED_IN = "signed_in"
OWN = "own"
DEVICE = "device"  # a till with its key, see shop.api.views.DeviceView


def needs(capability: Can) -> Callable[[View], View]:
    """Mark a shop view: members whose role has the capability may call it."""
    return _mark(capability)


def member(view: View) -> View:
    """Mark a shop view that every member may call."""
    return _mark(MEMBER)(view)


def public(view: View) -> View:
    """Mark a view outside any shop that anybody may call."""
    return _mark(PUBLIC)(view)


def signed_in(view: View) -> View:
    """Mark a view outside any shop for any signed-in user; it checks what it shows by itself."""
    return _mark(SIGNED_IN)(view)


def checks_itself(view: View) -> View:
    """Mark a view that decides alone, such as the admin, whose models each know their capabilities."""
    return _mark(OWN)(view)


def _mark(access: Can | str) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]
        return view

    return mark


def access_of(view: Any) -> Can | str | None:
    """A view's mark, looked for through decorators and class-based views."""
    for candidate in (view, getattr(view, "view_class", None), getattr(view, "__wrapped__", None)):
        if found := getattr(candidate, "access", None):
            return found  # type: ignore[no-any-return]
    return None


def require(membership: Membership, capability: Can) -> None:
    """Raises NotAllowed, with a sentence for the person, where the role lacks the capability."""
    if not may(membership.role, capability):
        owners = " or ".join(doors.owners_of(membership.shop_id))
        raise NotAllowed(
            f"Your role ({membership.get_role_display()}) may not {capability.value}. Ask {owners} (owner)."
        )
