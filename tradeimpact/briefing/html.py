"""A briefing as one web page: no script, nothing fetched, every text escaped, figures inline with alternative text.

A template of the user's own gets the content as `b` (see `content.Content`), the filters `picture` (address of a figure
that holds it), `size` (its width and height in pixels) and `safe_url` (an http address, else "").
"""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from ..errors import TradeImpactError
from .content import Content, Figure
from .parts import glued, png_size

TEMPLATE = Path(__file__).with_name("briefing.html.j2")


def render_html(content: Content, template: Path | None = None) -> bytes:
    """The page in UTF-8.

    Parameters
    ----------
    content : Content
    template : path, optional
        A Jinja template of your own; it is run in a sandbox and escapes what it inserts.

    Raises
    ------
    TradeImpactError
        If Jinja is not installed, or the template has an error (its line is named).
    """
    try:
        from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError:
        raise TradeImpactError("pages need Jinja: pip install 'tradeimpact[brief]'") from None

    path = template or TEMPLATE
    environment = ImmutableSandboxedEnvironment(
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        finalize=lambda value: glued(value) if type(value) is str else value,  # not what is marked up already
    )
    environment.filters |= {"picture": picture, "size": lambda f: png_size(f.files["png"]), "safe_url": safe_url}
    try:
        text = environment.from_string(path.read_text(encoding="utf-8")).render(b=content)
    except TemplateSyntaxError as problem:
        raise TradeImpactError(f"{path.name}, line {problem.lineno}: {problem.message}") from None
    except TemplateError as problem:
        raise TradeImpactError(f"{path.name}: {problem}; see briefing.html.j2 for what a template may use") from None
    return text.encode("utf-8")


def picture(figure: Figure) -> str:
    """Address that holds the drawing itself."""
    return f"data:image/svg+xml;base64,{b64encode(figure.files['svg']).decode('ascii')}"


def safe_url(address: str) -> str:
    """The address if it is a web page, else ""."""
    return address if address.startswith(("https://", "http://")) else ""
