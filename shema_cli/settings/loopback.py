"""What is on this machine, whatever a resolver says (contract 2.4, 3.1)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_HOST_AND_PORT = r"(localhost|\[::1\]|127(?:\.\d{1,3}){3}):(\d{1,5})"


def is_on_this_machine(url: str) -> bool:
    """Whether a base URL leads to a loopback address."""
    host = host_of(url)
    return host is not None and is_loopback_host(host)


def host_of(url: str) -> str | None:
    """None for what is no base URL; whoever is to call it says so."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def is_loopback_host(host: str) -> bool:
    """Whether a host is this machine whatever a resolver says: `localhost`, 127.0.0.0/8, ::1."""
    if host.lower() == "localhost":
        return True
    import ipaddress

    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def is_loopback(host_and_port: str) -> bool:
    """The same of `host:port`."""
    match = re.fullmatch(_HOST_AND_PORT, host_and_port, re.ASCII | re.IGNORECASE)
    if match is None or not 0 < int(match[2]) < 65536:
        return False
    return all(int(number) < 256 for number in match[1].split(".") if number.isdecimal())
