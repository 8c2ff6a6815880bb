"""Services that take messages, by Apprise: an address is one line, and holds a secret.

service_of(address) -> the service, checked
sender_of({"phone": address}) -> what sends to it
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hedgerow.model.errors import BadInput, MissingExtra, NotSent
from hedgerow.model.ports import Level
from hedgerow.outlets.courier import Send
from hedgerow.outlets.doorman import guarded, is_public

if TYPE_CHECKING:
    from apprise import NotifyBase

__all__ = ["kind_of", "sender_of", "service_of"]

_TIMEOUT_S = 30
_LONGEST = 200
_WRITE = "Write it as the service's page in Apprise's manual says, such as tgram://TOKEN/CHAT or jsons://host/path."
_ALLOW = "For a service of your own network say so: allow_private = true under [notify]."


def kind_of(address: str) -> str:
    """Return what may be shown of an address: the name of its service, no more."""
    return f"{address.partition('://')[0].lower()[:20]}://…"


def _apprise() -> Any:
    try:
        import apprise
    except ImportError:
        raise MissingExtra(
            "messages need the extra `notify`", advice="Install it: pip install 'hedgerow[notify]'."
        ) from None
    return apprise


def service_of(address: str, *, allow_private: bool = False) -> NotifyBase:
    """Return the service that an address means.

    Raises `BadInput` for one that is none, that sends in the clear, follows redirects, takes any certificate, or lies in a
    private network, the last three ways of which only `allow_private` lets through the first; `MissingExtra` without Apprise.
    """
    apprise = _apprise()
    asset = apprise.AppriseAsset(
        app_id="Hedgerow",
        app_desc="Hedgerow",
        async_mode=False,
        http_redirects=False,
        secure_logging=True,
        storage_mode="memory",
        service_timeout=_TIMEOUT_S,
    )
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # of modules that its plug-ins load, at the first call
        service: NotifyBase | None = apprise.Apprise.instantiate(address.strip(), asset=asset)
    if service is None:
        raise BadInput(f"{kind_of(address)} is no address of a service", advice=_WRITE)
    if not service.verify_certificate or service.redirects:
        raise BadInput(
            f"{kind_of(address)} asks to be sent on, or to trust anybody",
            advice="Leave verify= and redirect= out of the address.",
        )
    if not allow_private:
        _encrypted(service, address)
        _public(service, address)
    return service


def _encrypted(service: NotifyBase, address: str) -> None:
    """Raise `BadInput` for a service that is spoken to in the clear, or is no service elsewhere at all."""
    names: Any = service.secure_protocol
    secure: list[str] = [names] if isinstance(names, str) else sorted(names or ())
    if not (service.secure or service.schema in secure):
        said = f"Write {secure[0]}:// instead. " if secure else ""
        raise BadInput(f"{kind_of(address)} would send in the clear", advice=f"{said}{_ALLOW}")


def _public(service: NotifyBase, address: str) -> None:
    """Raise `BadInput` where the host of one's own choice lies in a private network now; each connection is looked at again."""
    if "host" not in service.template_tokens or not service.host:
        return
    import socket

    try:
        found = {str(row[4][0]) for row in socket.getaddrinfo(service.host.strip("[]"), None)}
    except (OSError, UnicodeError):
        return
    if not all(is_public(each) for each in found):
        raise BadInput(f"{kind_of(address)} lies in a private network", advice=_ALLOW)


def sender_of(addresses: Mapping[str, str], *, allow_private: bool = False) -> Send:
    """Return what sends to the services by their names; one whose address is none fails at every message.

    Raises `MissingExtra`.
    """
    apprise = _apprise()
    services = {name: _known(address, allow_private) for name, address in addresses.items()}
    kinds = {
        "info": apprise.NotifyType.INFO,
        "warning": apprise.NotifyType.WARNING,
        "critical": apprise.NotifyType.FAILURE,
    }

    def send(target: str, level: Level, title: str, text: str) -> None:
        service = services[target]
        if isinstance(service, BadInput):
            raise NotSent(service.message, advice=service.advice)
        one = apprise.Apprise()
        one.add(service)
        with guarded(anywhere=allow_private) as turned_away:
            result = one.notify(body=text, title=title, notify_type=kinds[level], body_format="text")
        if turned_away:
            raise NotSent(f"it leads to {turned_away[0]}, which is no public address", advice=_ALLOW)
        if not result:
            raise NotSent(_why(result, addresses[target]))

    return send


def _known(address: str, allow_private: bool) -> NotifyBase | BadInput:
    try:
        return service_of(address, allow_private=allow_private)
    except BadInput as why:
        return why


def _why(result: Any, address: str) -> str:
    """The service's own reason, without a word of the address."""
    said = [str(entry).rpartition(" - ")[2] for entry in result.logs()]
    text = " ".join((said[-1] if said else "it was not taken").split())[:_LONGEST]
    return without(text, address)


def without(text: str, address: str) -> str:
    """Return a text without any part of an address that may be a secret."""
    rest = address.partition("://")[2]
    for sign in "/?#&=:@,":
        rest = rest.replace(sign, " ")
    for part in sorted(rest.split(), key=len, reverse=True):
        text = text.replace(part, "…") if len(part) > 3 else text
    return text
