"""Jinja filters that format values for pages: clock times, dates, sizes, Markdown."""

from datetime import datetime

import nh3
from flask import Flask
from markdown_it import MarkdownIt
from markupsafe import Markup

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
    for function in (clock, seconds, moment, day, file_size, markdown, words):
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
    return f"{ms / 1000:.1f} s"


def moment(at: datetime | None) -> str:
    return at.strftime("%-d %b %Y %H:%M UTC") if at else "–"


def day(at: datetime | None) -> str:
    return at.strftime("%-d %b %Y") if at else "–"


def file_size(size_bytes: int) -> str:
    if size_bytes < 1_000_000:
        return f"{size_bytes / 1000:.0f} kB"
    return f"{size_bytes / 1_000_000:.1f} MB"


def markdown(text: str) -> Markup:
    """Safe HTML from Markdown, without raw HTML and images. Links send no referrer."""
    html = nh3.clean(
        _markdown.render(text),
        tags=ALLOWED_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
    )
    return Markup(html)


def words(name: str) -> str:
    """An enum's value in words: `full_time` → Full time."""
    return name.replace("_", " ").capitalize()
