"""Logins that are a question: who asks signs it, and the answer says what the key may do. No secret is in the request."""

from __future__ import annotations

import hashlib
import hmac

from hedgerow.venues.wire import Exchange

__all__ = ["login_of"]


def login_of(exchange: Exchange) -> dict[str, object]:
    """Return the parameters of a login by signature: of time, nonce and nothing else, with HMAC-SHA256."""
    at = str(exchange.milliseconds())
    signed = hmac.new(str(exchange.secret).encode(), f"{at}\n{at}\n".encode(), hashlib.sha256)
    return {
        "grant_type": "client_signature",
        "client_id": exchange.apiKey,
        "timestamp": at,
        "nonce": at,
        "data": "",
        "signature": signed.hexdigest(),
    }
