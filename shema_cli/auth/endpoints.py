"""Where Firebase is reached: Google's services, or an emulator that plays them on this machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Endpoints:
    """Base URLs, without a trailing slash."""

    identity_toolkit: str
    secure_token: str
    certificates: str


GOOGLE = Endpoints(
    identity_toolkit="https://identitytoolkit.googleapis.com",
    secure_token="https://securetoken.googleapis.com",  # noqa: S106 - an address
    certificates="https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com",
)


def endpoints_of(emulator_host: str | None) -> Endpoints:
    """Google's endpoints, or an emulator's, which has no certificates: its tokens are unsigned."""
    if emulator_host is None:
        return GOOGLE
    base = f"http://{emulator_host}"
    return Endpoints(f"{base}/identitytoolkit.googleapis.com", f"{base}/securetoken.googleapis.com", "")
