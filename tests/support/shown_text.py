"""What a page says outside of the pseudo-language's brackets, and where its texts do not fit."""

import re

from playwright.sync_api import Page

# Names, titles and answers of these tests are written in Greek letters: what people typed is not
# translated, and no sentence of the portal has such letters.
GREEK = "Αλεξάνδρα Παπαδοπούλου", "Μηχανικός δεδομένων", "Συγκολλητής"
MONTHS = "Jan|Feb|März|Apr|Mai|Juni|Juli|Aug|Sept|Okt|Nov|Dez"
NO_SENTENCE = [
    r"\S+@\S+",  # an e-mail address
    r"[\w.-]*\.(?:pdf|docx|zip|json)\b",  # a file's name
    rf"\d+\. (?:{MONTHS})\.? \d+",  # a date, as Germans write it
    r"\bUTC\b",
    r"(?<=[\d–] )(?:s|ms|min|h|kB|MB|GB|dBFS|Hz|px)\b",  # the unit of a number
    r"(?<=[\d–])(?:h|min|s)\b",
    r"^dBFS$",  # the unit of a lane
    r"^[a-z_]+/\d+$",  # the name of a rule
    r"\(\w\)$",  # a key
    r"\bAPI\b",
    r"^/api/$",
]
LATIN = re.compile("[A-Za-zÀ-ÖØ-öø-ɏ]")

# Each text and spoken attribute of the page, without what stands in brackets. The depth is kept
# from text to text, because a sentence may have a link or a value in its middle.
OUTSIDE = """([begin, end]) => {
    const SILENT = "script, style, noscript, code, kbd, [translate=no], #api-docs,"
        + " [lang]:not(html)";
    const SPOKEN = ["title", "alt", "aria-label", "aria-description", "aria-roledescription",
        "aria-valuetext", "placeholder", "data-busy", "label"];
    let depth = 0;
    const outside = (text) => {
        let left = "";
        for (const sign of text) {
            if (sign === begin) depth += 1;
            else if (sign === end) depth -= 1;
            else if (depth === 0) left += sign;
        }
        return left;
    };
    const found = [];
    const note = (text, where) => {
        const left = outside(text).replace(/\\s+/g, " ").trim();
        if (left) found.push([left, where]);
    };
    const read = (root) => {
        const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const element = walker.currentNode.parentElement;
            if (!element?.closest(SILENT)) note(walker.currentNode.data, element?.tagName ?? "");
        }
        if (depth) found.push([`${depth} brackets are open at the end`, root.nodeName]);
        for (const element of root.querySelectorAll("*")) {
            depth = 0;
            if (element.matches("template")) read(element.content);
            if (element.closest(SILENT)) continue;
            for (const name of SPOKEN)
                if (element.hasAttribute(name)) note(element.getAttribute(name), name);
        }
    };
    note(document.title, "title of the page");
    depth = 0;
    note(document.querySelector("meta[name=description]")?.content ?? "", "description");
    depth = 0;
    read(document.body);
    return found;
}"""

# Texts that are cut off, buttons that lie on each other, and what is wider than the window.
MISFITS = """() => {
    const found = [];
    const wide = document.documentElement.scrollWidth - innerWidth;
    if (wide > 0) found.push(`the page is ${wide} px too wide`);
    const of = (element) =>
        `${element.tagName} “${element.textContent.replace(/\\s+/g, " ").trim().slice(0, 60)}”`;
    // Some texts are for ears only: they are in a box of one pixel.
    const isForEars = (element) => element !== null
        && (element.getBoundingClientRect().width <= 1 && cuts(getComputedStyle(element).overflowX)
            || isForEars(element.parentElement));
    const isShown = (element) => element.checkVisibility({ visibilityProperty: true })
        && !element.closest(".skip-link, [aria-hidden=true], #api-docs") && !isForEars(element);
    const cuts = (style) => ["hidden", "clip"].includes(style);
    for (const element of document.querySelectorAll("body *")) {
        if (!isShown(element) || !element.clientWidth || !element.innerText?.trim()) continue;
        // The values beside the player's figure have room for their numbers and no brackets.
        if (element.closest(".truncate, select, textarea")) continue;
        if (element.querySelector("[data-value]")) continue;
        const style = getComputedStyle(element);
        const isButton = element.matches("button, summary, .button");
        const over = element.scrollWidth - element.clientWidth;
        if ((isButton || cuts(style.overflowX)) && over > 1)
            found.push(`${of(element)} is cut off by ${over} px`);
        const below = element.scrollHeight - element.clientHeight;
        if (cuts(style.overflowY) && below > 2)
            found.push(`${of(element)} is cut off by ${below} px below`);
    }
    const pressed = "button, summary, a.button, input:not([type=hidden]), select";
    const boxes = [...document.querySelectorAll(pressed)]
        .filter((element) => isShown(element) && !element.disabled)
        .map((element) => [element, element.getBoundingClientRect()])
        .filter(([, box]) => box.width > 1 && box.height > 1);
    boxes.forEach(([one, a], place) => {
        for (const [other, b] of boxes.slice(place + 1)) {
            const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (across > 1 && down > 1 && !one.contains(other))
                found.push(`${of(one)} lies on ${of(other)}`);
        }
    });
    return found;
}"""


def bare(page: Page, begin: str, end: str) -> list[str]:
    """The words of the page that no sentence of the catalogs says."""
    return [
        f"{said} ({where})"
        for text, where in page.evaluate(OUTSIDE, [begin, end])
        if LATIN.search(said := without_data(text))
    ]


def without_data(text: str) -> str:
    for pattern in NO_SENTENCE:
        text = re.sub(pattern, "", text)
    return text.strip()


def misfits(page: Page) -> list[str]:
    found: list[str] = page.evaluate(MISFITS)
    return found
