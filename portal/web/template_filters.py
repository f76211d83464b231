"""Jinja filters that format values for pages, in the reader's language where it matters."""

from datetime import datetime

import nh3
from flask import Flask
from markdown_it import MarkdownIt
from markupsafe import Markup

from portal import languages, time_zones

ALLOWED_TAGS = {
    "p",
    "ul",
    "ol",
    "li",
    "strong",
    "em",
    "code",
    "h2",
    "h3",
    "h4",
    "br",
    "a",
    "blockquote",
    "hr",
}
_markdown = MarkdownIt("commonmark", {"html": False})


def init_app(app: Flask) -> None:
    for function in (
        clock,
        seconds,
        moment,
        day,
        file_size,
        markdown,
        languages.listed,
        languages.number,
    ):
        app.add_template_filter(function)


def clock(ms: int | None) -> str:
    """A duration in minutes and seconds, as the player shows it: 06:24, or 1:06:24 with hours."""
    if ms is None:
        return "–"
    hours, rest = divmod(int(ms / 1000), 3600)
    text = f"{rest // 60:02d}:{rest % 60:02d}"
    return f"{hours}:{text}" if hours else text


def seconds(ms: int) -> str:
    """A short duration with its unit: 5.4 s."""
    return f"{languages.number(ms / 1000, 1)} s"


def moment(at: datetime | None) -> str:
    """A moment in the reader's time zone, with the zone's name."""
    if at is None:
        return "–"
    at = time_zones.local(at)
    return f"{languages.day(at)} {at:%H:%M} {time_zones.label(at)}"


def day(at: datetime | None) -> str:
    """The day of a moment in the reader's time zone."""
    return languages.day(time_zones.local(at)) if at else "–"


def file_size(size_bytes: int) -> str:
    if size_bytes < 1_000_000:
        return f"{languages.number(size_bytes / 1000)} kB"
    return f"{languages.number(size_bytes / 1_000_000, 1)} MB"


def markdown(text: str) -> Markup:
    """Safe HTML from Markdown, without raw HTML and images. Links send no referrer."""
    html = nh3.clean(
        _markdown.render(text),
        tags=ALLOWED_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
    )
    return Markup(html)
