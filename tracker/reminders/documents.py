"""What a browser tells about its push subscription (RFC 8030, 8291), checked at the edge."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Endpoint = Annotated[str, StringConstraints(min_length=12, max_length=2_000, pattern=r"^https?://[^\s]+$")]
Base64Url = Annotated[str, StringConstraints(min_length=16, max_length=200, pattern=r"^[A-Za-z0-9_=-]+$")]


class KeysDoc(BaseModel):
    """The browser's public key and its secret, both base64url."""

    model_config = ConfigDict(extra="ignore")

    p256dh: Base64Url
    auth: Base64Url


class SubscriptionDoc(BaseModel):
    """`PushSubscription.toJSON()`; `old_endpoint`: the address the server has known this browser under."""

    model_config = ConfigDict(extra="ignore")

    endpoint: Endpoint
    keys: KeysDoc
    old_endpoint: Endpoint | None = None


class EndpointDoc(BaseModel):
    """Which subscription is meant."""

    model_config = ConfigDict(extra="ignore")

    endpoint: Endpoint
