"""Help of `shema tokens`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

PAGES: Mapping[str, Page] = {
    "tokens": Page(see_also=("api", "auth token")),
    "tokens issue": Page(
        examples=(
            Example("For another program", "shema tokens issue"),
            Example("What it says", "shema tokens issue --json"),
        ),
        see_also=("tokens verify", "api"),
    ),
    "tokens verify": Page(
        examples=(
            Example("What a service would answer", "shema tokens issue | shema tokens verify -"),
            Example("Its claims", "shema tokens issue | shema tokens verify - --json"),
        ),
        exits={1: "the token is not valid"},
        see_also=("tokens issue",),
    ),
}
