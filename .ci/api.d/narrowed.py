"""What a schema cannot say: in requests that are to be accepted, such values are replaced by others that can be.

Requests that are to be refused are left as they are. Tests in the workspace try what is replaced here.
"""

import re

import schemathesis

# Parameters that depend on more than their syntax. They are left out.
PARAMETERS = {
    "cursor": "only a page of the same list gives one out",
    "until": "must be later than `since`",
}
HEADERS = {
    "Idempotency-Key": "a key stands for one request: with another one it is refused",
}
# In its phase "coverage" schemathesis makes headers without regard to their pattern.
TAGS = re.compile(r'(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)')


def printable(text):
    """Which characters cannot be seen is Unicode's to say, so that these are of ASCII. A tenant's name is no UUID."""
    return "".join(one for one in text if "!" <= one <= "~" and one != "-") or "x"


# Fields of bodies that depend on more than their syntax.
FIELDS = {
    "name": printable,
    "external_id": printable,
    # Levels, bytes in the form in which it is stored, and NUL within it.
    "metadata": lambda _: {"plan": "gold"},
    # One that exists.
    "plan": lambda _: "default",
    # Bounded by the tenant's own limit and by the budget.
    "reserved_connections": lambda _: 0,
    # Must be in the future, where a new key or token has one.
    "expires_at": lambda _: "2099-01-31T12:00:00Z",
}


def whole(value):
    """JSON Schema takes 47.0 for an integer. These planes do not: a number with a fraction is none of theirs."""
    if isinstance(value, dict):
        return {name: whole(inner) for name, inner in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


@schemathesis.hook
def before_call(context, case, **kwargs):
    if not case.meta or not case.meta.generation.mode.is_positive:
        return
    for name in PARAMETERS:
        (case.query or {}).pop(name, None)
    for name in HEADERS:
        (case.headers or {}).pop(name, None)
    for name, value in (case.headers or {}).items():
        if name in ("If-Match", "If-None-Match") and not TAGS.fullmatch(value.strip()):
            case.headers[name] = '"4"'
    if isinstance(case.body, dict):
        for field, value in case.body.items():
            replace = FIELDS.get(field)
            case.body[field] = replace(value) if replace and value is not None else whole(value)
