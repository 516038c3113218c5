# SPDX-License-Identifier: GPL-2.0-or-later
"""An HTML page of kswapck, taken apart: its tags, its text, and what is wrong with it."""

import base64
import hashlib
import html.parser
import re

VOID = {"meta", "input", "br", "link", "img"}
# what an element of SVG that is closed at once looks like to this parser
LOADING = {"src", "href", "srcset", "action", "data", "poster", "background", "xlink:href"}


class Page(html.parser.HTMLParser):
    """One page, read."""

    def __init__(self, text):
        super().__init__()
        self.source = text
        self.open = []
        self.tags = []          # (name, attributes)
        self.inside = {}        # text of elements, by name
        self.text = ""
        self.wrong = []
        self.feed(text)
        self.close()
        if self.open:
            self.wrong.append(f"never closed: {self.open}")

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if len(dict(attrs)) != len(attrs):
            self.wrong.append(f"{tag} has an attribute twice")
        if tag not in VOID:
            self.open.append(tag)
            self.inside.setdefault(tag, []).append("")

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()} closes {self.open[-1:]}")
        else:
            self.open.pop()

    def handle_data(self, data):
        if self.open:
            self.inside[self.open[-1]][-1] += data
        if not {"script", "style"} & set(self.open):
            self.text += data

    def handle_comment(self, data):
        self.wrong.append(f"a comment: {data[:40]!r}")

    def all(self, name):
        """Attributes of all elements of that name."""
        return [attributes for tag, attributes in self.tags if tag == name]

    def complaints(self):
        """What must not be in such a page."""
        yield from self.wrong
        ids = [attributes["id"] for _, attributes in self.tags if "id" in attributes]
        yield from (f"id {one} twice" for one in set(ids) if ids.count(one) > 1)
        for tag, attributes in self.tags:
            for name, value in attributes.items():
                if name.startswith("on") or name == "style":
                    yield f"{tag} has {name}"
                if name in LOADING and not re.fullmatch(r"#[\w-]+", value or ""):
                    yield f"{tag} refers to {value!r}"
                if name == "href" and value[1:] not in ids:
                    yield f"{tag} refers to {value!r}, which is not there"
        for word in ("url(", "@import", "innerHTML", "document.write", "eval("):
            if word in self.source:
                yield f"{word} is in it"
        for place in re.findall(r"https?://[^\"'\s]*", self.source):
            if place != "http://www.w3.org/2000/svg":
                yield f"{place} is in it"
        yield from self.policy()

    def policy(self):
        """The page's own policy allows its style and its script, and nothing else."""
        policies = [attributes["content"] for attributes in self.all("meta")
                    if attributes.get("http-equiv") == "Content-Security-Policy"]
        if len(policies) != 1 or "default-src 'none'" not in policies[0]:
            yield f"policy: {policies}"
            return
        for tag in ("style", "script"):
            hashes = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
                      for text in self.inside.get(tag, [])}
            allowed = set(re.findall(r"sha256-([\w+/=]+)", re.search(tag + r"-src ([^;]*)", policies[0])[1]))
            if hashes != allowed:
                yield f"the policy allows another {tag} than there is"
        if "unsafe" in policies[0] or "http" in policies[0] or "*" in policies[0]:
            yield f"policy: {policies[0]}"


def clusters(runs):
    """'f512*2,o3c509,' as the kinds of the slots of each cluster; of sums in no order."""
    for part in filter(None, runs.split(",")):
        text, _, times = part.partition("*")
        kinds = "".join(letter * int(count or 1) for letter, count in re.findall(r"([a-zA-Z])(\d*)", text))
        for _ in range(int(times or 1)):
            yield kinds


def marks(text):
    """(first, last, whether it is an error, number of the finding)"""
    return [(int(first), int(last), kind in "eE", int(number))
            for first, last, kind, number in re.findall(r"(\d+)-(\d+)([ewEW])(\d+),", text)]
