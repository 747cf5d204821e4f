"""What a schema cannot say, left out of the requests that schemathesis makes. Tests in the workspace try it instead."""

import schemathesis

# Parameters whose values depend on something else than their syntax.
PARAMETERS = {
    "cursor": "only a page of the same list gives one out",
    "until": "must be later than `since`",
    "Idempotency-Key": "a key stands for one request: with another one it is refused",
}

# Fields of bodies, and the schema that stands in for theirs.
PRINTABLE = "^[!-~]([ -~]{0,60}[!-~])?$"
FIELDS = {
    "CreateApiKey": {"name": "which characters cannot be seen is Unicode's to say", "expires_at": "must be in the future"},
    "CreateToken": {"name": "the same", "expires_at": "must be in the future"},
    "CreateTenant": {"name": "the same", "external_id": "the same", "metadata": "levels, bytes and NUL", "reserved_connections": "the budget bounds it"},
    "ChangeTenant": {"name": "the same", "external_id": "the same", "metadata": "levels, bytes and NUL", "reserved_connections": "the budget bounds it"},
}
NARROWED = {
    "name": {"type": "string", "minLength": 1, "maxLength": 62, "pattern": PRINTABLE},
    "external_id": {"type": "string", "minLength": 1, "maxLength": 62, "pattern": PRINTABLE},
    "metadata": {"type": "object", "additionalProperties": False, "properties": {"plan": {"type": "string", "pattern": PRINTABLE}}},
    "reserved_connections": {"type": "integer", "minimum": 0, "maximum": 0},
    "expires_at": {"const": "2099-01-31T12:00:00Z"},
}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            parameters = operation.get("parameters", [])
            operation["parameters"] = [one for one in parameters if one["name"] not in PARAMETERS]
    schemas = raw_schema["components"]["schemas"]
    for name, fields in FIELDS.items():
        for field in fields if name in schemas else ():
            schemas[name]["properties"][field] = NARROWED[field]
