"""What is done when the site is built, beside what its plugins do.

Pages that say what the package knows of itself are generated (`reference`), formulas are drawn
(`formulas`), and the pictures of the examples are taken along.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import formulas
import reference
from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import SimpleTagInlineProcessor
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File

_PICTURES = Path(__file__).parents[1] / "pictures"


class Plain(Extension):
    """Text is what it looks like: `<psi|` of a docstring is no tag, a single star no emphasis."""

    def extendMarkdown(self, md: Markdown) -> None:
        for name in ("html", "em_strong", "em_strong2"):
            md.inlinePatterns.deregister(name, strict=False)
        strong = SimpleTagInlineProcessor(r"()\*\*(\S(?:.*?\S)?)\*\*", "strong")
        md.inlinePatterns.register(strong, "strong", 60)


@event_priority(100)
def on_config(config: Any) -> Any:
    config.markdown_extensions.append(Plain())
    return config


def on_files(files: Any, config: Any) -> Any:
    for name, text in reference.pages().items():
        files.append(File.generated(config, f"reference/{name}.md", content=text))
    for picture in sorted(_PICTURES.glob("*.png")):
        name = f"pictures/{picture.name}"
        files.append(File.generated(config, name, abs_src_path=str(picture)))
    return files


def on_page_content(html: str, **_: Any) -> str:
    return formulas.drawn(html)
