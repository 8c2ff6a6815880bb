"""What a venue's answer to an order means: accepted, refused, or unknown. Pure, from status and raw body.

The rule, from the surest evidence down:

1. nothing left                                     refused: it cannot be there
2. the venue's code says so                         accepted with an id, refused, or unknown (a duplicate id is unknown:
                                                    the venue has had it, so look it up and never send it anew)
3. 418 or 429                                       refused for now: turned away at the door
4. any other status, page, time-out or odd answer   unknown
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from hedgerow.model.orders import Accepted, Refused, Reply, Unknown
from hedgerow.venues.quirks import Codes, Venue
from hedgerow.venues.raw import text, value
from hedgerow.venues.wire import Seen

__all__ = ["cancelled", "code_of", "meaning", "placed", "spoken"]

_TURNED_AWAY = {418, 429}
_LONGEST_REASON = 300


def spoken(seen: Seen) -> object:
    """Return the body that was answered: as ccxt handed it on, else read from the text; None where there is none."""
    if seen.body is not None:
        return seen.body
    start = (seen.text or "").lstrip()
    if not start.startswith(("{", "[")):
        return None
    try:
        return json.loads(start)
    except ValueError:  # cut off in the middle
        return None


def code_of(venue: Venue, body: object) -> tuple[str, str]:
    """Return the venue's own error code and message; the code is empty where the answer is none of an error."""
    code, message = text(body, venue.code) or "", text(body, venue.message) or ""
    return ("", message) if code in venue.fine else (code, message)


def meaning(codes: Codes, code: str, message: str) -> str:
    """Return what a code means for an order: one of the names in `Codes`, `unknown` where no list has it."""
    for name in ("unknown", "duplicate", "absent", "unchanged", "again", "banned", "maintenance", "key"):
        if code in getattr(codes, name):
            return name
    lowered = message.lower()
    for words, found in codes.words.items():
        if words in lowered:
            return found
    if re.fullmatch(r"-?\d+", code) and any(low <= int(code) <= high for low, high in codes.refused):
        return "refused"
    return "unknown"


def placed(venue: Venue, seen: Seen, raised: str) -> Reply:
    """Return what became of an order that was placed; `raised` is what ccxt made of it, for the reader only."""
    if not seen.left:
        return Refused("not-sent", raised or "nothing was sent")
    body = spoken(seen)
    code, message = code_of(venue, body)
    if code:
        return _refusal(venue, code, message or raised)
    order_id = text(body, venue.requests.id)
    if order_id and seen.body is not None:
        return Accepted(order_id)
    if seen.status in _TURNED_AWAY:
        return Refused(str(seen.status), "asked too often: turned away at the door", again=True)
    inner = _embedded(body)
    if inner is not None:
        return _refusal(venue, *inner)
    return Unknown(_reason(seen, raised or "an answer without an order id"))


def cancelled(venue: Venue, seen: Seen, raised: str, order_id: str) -> Reply:
    """Return what became of a request to cancel; refused: the venue knows no such open order."""
    if not seen.left:
        return Refused("not-sent", raised or "nothing was sent")
    body = spoken(seen)
    code, message = code_of(venue, body)
    if code:
        return _refusal(venue, code, message or raised)
    inner = _embedded(body)
    if inner is not None:
        return _refusal(venue, *inner)
    found = text(body, venue.requests.id)
    if seen.body is not None and (found or text(body, venue.code) in venue.fine):
        return Accepted(found or order_id)
    if seen.status in _TURNED_AWAY:
        return Refused(str(seen.status), "asked too often: turned away at the door", again=True)
    return Unknown(_reason(seen, raised or "no answer"))


def _refusal(venue: Venue, code: str, message: str) -> Reply:
    """An answer with an error code; `banned`, `maintenance` and `key` are said before the matching engine sees an order."""
    found = meaning(venue.codes, code, message)
    if found == "unknown":
        return Unknown(f"{venue.name} {code}: {message}"[:_LONGEST_REASON])
    if found == "duplicate":
        return Unknown(f"{venue.name} {code}: it has had this client id before; look the order up")
    again = found in {"again", "banned", "maintenance"}
    return Refused(code, message[:_LONGEST_REASON] or found, again=again)


def _embedded(body: object) -> tuple[str, str] | None:
    """Code and words of an error inside an answer that calls itself a success: some venues answer each order apart."""
    found = value(body, "response.data.statuses.0.error data.0.errorMsg")
    if isinstance(found, str) and found != "success":
        return text(body, "data.0.errorCode") or "message", found
    failed = body.get("status") if isinstance(body, Mapping) else None
    return ("message", str(body.get("response"))) if failed == "err" and isinstance(body, Mapping) else None


def _reason(seen: Seen, raised: str) -> str:
    status = f"HTTP {seen.status}: " if seen.status else ""
    return f"{status}{raised}"[:_LONGEST_REASON]
