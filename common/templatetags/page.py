"""The elements of a page, so that every page says the same thing in the same way: `{% load page %}`.

Each tag renders one small template of templates/ui, which documents its parameters at its top.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from django import template
from django.forms import BaseForm, BoundField
from django.forms.widgets import CheckboxSelectMultiple, RadioSelect
from django.template import Context, Engine
from django.templatetags.static import static
from django.urls import Resolver404, resolve
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

# A tone is a shape as well as a colour: circle good, triangle attention, square urgent, half disc waiting,
# ring neutral, bar closed.
TONES: Final = ("good", "attention", "urgent", "waiting", "neutral", "closed")
_TONE_OF: Final = {
    "in_force": "good", "active": "good", "live": "good", "approved": "good", "signed": "good", "done": "good",
    "expiring": "attention", "in_notice": "attention", "paused": "attention", "pending": "attention",
    "suspended": "urgent", "lapsed": "urgent", "overdue": "urgent", "refused": "urgent", "breach": "urgent",
    "negotiation": "waiting", "approval": "waiting", "signing": "waiting", "upcoming": "waiting",
    "planned": "waiting", "draft": "neutral",
    "ended": "closed", "declined": "closed", "abandoned": "closed", "withdrawn": "closed", "voided": "closed",
}  # fmt: skip
_CLASS_OF: Final = {
    "select": "usa-select",
    "selectmultiple": "usa-select",
    "textarea": "usa-textarea",
    "checkbox": "usa-checkbox__input",
    "clearablefile": "cc-file",
    "file": "cc-file",
}


def render(context: Context, name: str, values: Mapping[str, Any]) -> SafeString:
    """One template of templates/ui within the page's own context, so that tokens and the request are there."""
    engine = context.template.engine if context.template else Engine.get_default()
    with context.push(**values):
        return engine.get_template(f"ui/{name}.html").render(context)


# Forms ----------------------------------------------------------------------------------------------------
@register.simple_tag(takes_context=True)
def field(
    context: Context, bound: BoundField, label: str = "", hint: str | None = "", optional: bool = True
) -> SafeString:
    """A form field with its label, hint and errors tied together for screen readers.

    `hint=None` leaves out the field's own help text; `optional=False` the word "(optional)", where nothing on
    a form is required.
    """
    if bound.is_hidden:
        return bound.as_hidden()
    kind = _kind(bound)
    values = {
        "field": bound,
        "kind": kind,
        "label": label or bound.label,
        "hint": bound.help_text if hint == "" else hint,
        "mark_optional": optional and not bound.field.required,
    }
    described = _described(bound, bool(values["hint"]))
    if kind in {"radio", "checkboxes"}:
        values["options"] = _options(bound, "usa-radio__input" if kind == "radio" else "usa-checkbox__input")
        values["describedby"] = described
    else:
        values["widget"] = bound.as_widget(attrs=_attrs(bound, kind, described))
    return render(context, "field", values)


@register.simple_tag(takes_context=True)
def fields(context: Context, form: BaseForm) -> SafeString:
    """Every field of a form in its own order, hidden ones too."""
    return SafeString("\n".join(field(context, bound) for bound in form))


def _kind(bound: BoundField) -> str:
    widget = bound.field.widget
    if isinstance(widget, CheckboxSelectMultiple):
        return "checkboxes"
    if isinstance(widget, RadioSelect):
        return "radio"
    return bound.widget_type


def _described(bound: BoundField, hinted: bool) -> str:
    ids = [f"{bound.auto_id}_hint"] * hinted + [f"{bound.auto_id}_error"] * bool(bound.errors)
    return " ".join(ids)


def _attrs(bound: BoundField, kind: str, described: str) -> dict[str, Any]:
    own = bound.field.widget.attrs.get("class", "")
    attrs: dict[str, Any] = {"class": f"{_CLASS_OF.get(kind, 'usa-input')} {own}".strip()}
    if bound.errors:
        attrs["class"] += " usa-input--error"
        attrs["aria-invalid"] = "true"
    if described:
        attrs["aria-describedby"] = described
    return attrs


def _options(bound: BoundField, css_class: str) -> list[dict[str, Any]]:
    found = []
    for option in bound.subwidgets:
        option.data["attrs"]["class"] = css_class
        option.data["attrs"].pop("aria-describedby", None)
        found.append({"tag": option.tag(), "id": option.id_for_label, "label": option.choice_label})
    return found


@register.simple_tag(takes_context=True)
def error_summary(context: Context, *forms: BaseForm | None) -> SafeString:
    """All that is wrong with these forms, each error a link to its field; nothing when nothing is wrong."""
    wrong = [form for form in forms if form is not None and form.errors]
    if not wrong:
        return SafeString("")
    general = [error for form in wrong for error in form.non_field_errors()]
    at_fields = [(bound, error) for form in wrong for bound in form for error in bound.errors]
    return render(context, "error_summary", {"general": general, "at_fields": at_fields})


@register.simple_block_tag(takes_context=True, name="form", end_name="endform")
def form_tag(context: Context, content: str, form: BaseForm | None = None, **options: Any) -> SafeString:
    """A whole form: see ui/form.html. With an empty body the fields are laid out one under another."""
    values = {
        "form": form,
        "body": SafeString(content.strip()),
        "action": "",
        "method": "post",
        "submit": "Save",
    }
    values |= {"kind": "", "cancel": "", "id": "", "autosave": "", "keep": "", "cancel_label": "Cancel"}
    return render(context, "form", values | options)


@register.simple_tag(takes_context=True)
def post_button(context: Context, url: str, label: str, kind: str = "", **values: Any) -> SafeString:
    """A button that posts: an act, never a link. Further keyword arguments become hidden inputs."""
    return render(
        context, "button", {"url": url, "label": label, "kind": kind, "post": True, "values": values}
    )


# Blocks with a body ---------------------------------------------------------------------------------------
@register.simple_block_tag(takes_context=True)
def alert(
    context: Context, content: str, kind: str = "info", heading: str = "", level: int = 2
) -> SafeString:
    """A message within the page; kind: info, success, warning, error."""
    return render(context, "alert", {"body": content, "kind": kind, "heading": heading, "level": level})


@register.simple_block_tag(takes_context=True)
def card(context: Context, content: str, heading: str = "", tone: str = "", level: int = 2) -> SafeString:
    """A bordered part of a page with a heading; tone "private" and "quiet" change its ground."""
    return render(context, "card", {"body": content, "heading": heading, "tone": tone, "level": level})


@register.simple_block_tag(takes_context=True)
def summary_box(context: Context, content: str, heading: str, id: str = "summary") -> SafeString:
    """The few things to know first; `id` must be unique on the page."""
    return render(context, "summary_box", {"body": content, "heading": heading, "id": id})


@register.simple_block_tag(takes_context=True)
def private(context: Context, content: str, agency: object) -> SafeString:
    """Something only one agency sees, said by ground, lock and words."""
    return render(context, "private", {"body": content, "agency": agency})


@register.simple_block_tag(takes_context=True)
def dialog(context: Context, content: str, id: str, label: str, **options: Any) -> SafeString:
    """A button that opens a dialog; without JavaScript it unfolds in place. See ui/dialog.html."""
    values = {"body": content, "id": id, "label": label, "title": label, "kind": "outline", "open": False}
    return render(context, "dialog", values | options)


@register.simple_block_tag(takes_context=True)
def disclosure(context: Context, content: str, label: str, open: bool = False) -> SafeString:
    """Detail one tap away: a meaning, a hint, an explanation."""
    return render(context, "disclosure", {"body": content, "label": label, "open": open})


# Tables ---------------------------------------------------------------------------------------------------
@register.simple_block_tag(takes_context=True)
def table(
    context: Context, content: str, caption: str, columns: str | Sequence[str], **options: Any
) -> SafeString:
    """A table whose rows become cards on a phone; `columns` is a list or "Reference|Title|Standing"."""
    heads = columns.split("|") if isinstance(columns, str) else list(columns)
    values = {"body": content, "caption": caption, "columns": heads, "show_caption": False, "kind": ""}
    return render(context, "table", values | options)


@register.simple_block_tag
def cell(content: str, label: str, css_class: str = "") -> SafeString:
    """One cell; its column's label is shown beside it on a phone."""
    return format_html(
        '<td data-label="{}" class="{}">{}</td>', label, css_class, SafeString(content.strip())
    )


@register.simple_block_tag
def rowhead(content: str, label: str) -> SafeString:
    """The cell that names its row: put the row's link here."""
    return format_html('<th scope="row" data-label="{}">{}</th>', label, SafeString(content.strip()))


# Small marks ----------------------------------------------------------------------------------------------
@register.simple_tag
def chip(state: object, tone: str = "") -> SafeString:
    """A status as a word with a shape. `state` is a text, or has `.key` and `.label` (a standing, a stage)."""
    key = str(getattr(state, "key", None) or getattr(state, "value", None) or state)
    word = getattr(state, "label", None) or key
    shape = tone if tone in TONES else _TONE_OF.get(key.lower().replace(" ", "_"), "neutral")
    return format_html(
        '<span class="cc-chip cc-chip--{}"><span class="cc-chip__shape" aria-hidden="true"></span>{}</span>',
        shape,
        word,
    )


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """A decorative icon, hidden from screen readers: put words beside it. Names are listed in static/build.mjs."""
    return format_html(
        '<svg class="usa-icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        css_class,
        static("vendor/icons.svg"),
        name,
    )


@register.filter
def grouped(digest: object, size: int = 4) -> str:
    """A hash in groups of four, as people compare it."""
    text = digest.hex() if isinstance(digest, bytes) else str(digest)
    return " ".join(text[start : start + size] for start in range(0, len(text), size))


@register.simple_tag(name="hash", takes_context=True)
def hash_tag(context: Context, digest: object, label: str = "SHA-256") -> SafeString:
    """A hash in groups of four with a button that copies it whole."""
    text = digest.hex() if isinstance(digest, bytes) else str(digest)
    return render(context, "hash", {"digest": text, "label": label})


# Where we are ---------------------------------------------------------------------------------------------
@register.simple_tag(takes_context=True)
def nav_current(context: Context, path: str) -> SafeString:
    """` aria-current="page"` when the page is at `path` or below it (the root matches only itself)."""
    return SafeString(' aria-current="page"') if _here(context, path) else SafeString("")


@register.simple_tag(takes_context=True)
def nav_link(context: Context, path: str, label: str, count: object = None, key: str = "") -> SafeString:
    """An entry of a navigation list; nothing when the site has no such page. A dozen stand on each page."""
    if not _there(path):
        return SafeString("")
    waiting = format_html(_WAITING, count) if count else ""
    return format_html(
        '<li><a href="{}"{}{}>{}{}</a></li>',
        path,
        nav_current(context, path),
        format_html(' data-key="{}"', key) if key else "",
        label,
        waiting,
    )


_WAITING: Final = ' <span class="cc-count">{}<span class="usa-sr-only"> waiting</span></span>'


@lru_cache(maxsize=1000)
def _there(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def _here(context: Context, path: str) -> bool:
    at = getattr(context.get("request"), "path", "")
    return at == path if path == "/" else at.startswith(path)


@register.filter
def labels(values: Iterable[object]) -> str:
    """A list as people write it: "a, b and c"."""
    words = [str(value) for value in values]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
