//! Schemas of the field types, whose limits are those of their validation.

use std::borrow::Cow;

use serde_json::{Value, json};
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::page::{Cursor, Limit, SignedCursor};
use crate::read::{Id, Integer, Rfc3339, Text};

/// Any character but NUL, as [`Text`] has it.
const NO_NUL: &str = r"^[^\u0000]*$";

/// The schema of a string that has one of these values.
pub fn one_of<'a>(values: impl IntoIterator<Item = &'a str>) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(values.into_iter().map(ToOwned::to_owned)))
        .into()
}

/// The schema of a name of 1 to `max` characters, without those that cannot be seen and without white space around it.
/// The pattern covers the ASCII range; which other characters cannot be seen is in the description.
pub fn name_schema(max: usize, description: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(max))
        .pattern(Some(
            r"^[^\u0000-\u0020\u007f]([^\u0000-\u001f\u007f]*[^\u0000-\u0020\u007f])?$",
        ))
        .description(Some(description))
        .into()
}

impl<const MIN: usize, const MAX: usize> PartialSchema for Text<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        text(MIN, MAX)
    }
}

impl<const MIN: i64, const MAX: i64> PartialSchema for Integer<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        integer(MIN, MAX)
    }
}

impl PartialSchema for Limit {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(bound(Self::MOST)))
            .default(Some(json!(Self::default().get())))
            .description(Some("Items per page."))
            .into()
    }
}

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        of_format(KnownFormat::Uuid)
    }
}

impl PartialSchema for Rfc3339 {
    fn schema() -> RefOr<Schema> {
        of_format(KnownFormat::DateTime)
    }
}

impl PartialSchema for Cursor {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(Self::LONGEST))
            .pattern(Some("^[A-Za-z0-9_-]*$"))
            .description(Some(
                "The `next_cursor` of the page before, of a list in the same order.",
            ))
            .into()
    }
}

impl PartialSchema for SignedCursor {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(Cursor::LONGEST))
            .pattern(Some("^[A-Za-z0-9_-]*$"))
            .description(Some(
                "The `next_cursor` of the page before, of the same list with the same parameters; `limit` may differ.",
            ))
            .into()
    }
}

/// References to names that begin so are to field types: the document has their schemas in place. `utoipa` refers to
/// every type that is not its own, and knows the schemas of those in a query from nowhere else.
pub(super) const INLINE: &str = "inline.";

macro_rules! inline {
    ($(($($generics:tt)*) $type:ty, $name:literal;)+) => {
        $(impl<$($generics)*> ToSchema for $type {
            fn name() -> Cow<'static, str> {
                format!($name).into()
            }
        })+
    };
}

inline! {
    (const MIN: usize, const MAX: usize) Text<MIN, MAX>, "inline.text.{MIN}.{MAX}";
    (const MIN: i64, const MAX: i64) Integer<MIN, MAX>, "inline.integer.{MIN}.{MAX}";
    () Limit, "inline.limit";
    () Id, "inline.id";
    () Rfc3339, "inline.rfc3339";
    () Cursor, "inline.cursor";
    () SignedCursor, "inline.signed_cursor";
    () Moment, "inline.moment";
}

/// The schema of the field type with this name, which begins with [`INLINE`].
pub(super) fn field_type(name: &str) -> Option<RefOr<Schema>> {
    let parts: Vec<_> = name.strip_prefix(INLINE)?.split('.').collect();
    match parts.as_slice() {
        ["text", min, max] => Some(text(min.parse().ok()?, max.parse().ok()?)),
        ["integer", min, max] => Some(integer(min.parse().ok()?, max.parse().ok()?)),
        ["limit"] => Some(Limit::schema()),
        ["id"] => Some(Id::schema()),
        ["rfc3339"] => Some(Rfc3339::schema()),
        ["cursor"] => Some(Cursor::schema()),
        ["signed_cursor"] => Some(SignedCursor::schema()),
        ["moment"] => Some(Moment::schema()),
        _ => None,
    }
}

fn text(min: usize, max: usize) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(min))
        .max_length(Some(max))
        .pattern(Some(NO_NUL))
        .into()
}

fn integer(min: i64, max: i64) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(bound(min)))
        .maximum(Some(bound(max)))
        .into()
}

/// The schema of a field `Option<Option<T>>`, which may be `null`. An `Option<T>` may only be left out.
pub fn nullable<T: PartialSchema>() -> RefOr<Schema> {
    or_null(T::schema())
}

/// The schema of a value of this one, or of `null`.
pub fn or_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    let null = ObjectBuilder::new().schema_type(Type::Null);
    AnyOfBuilder::new().item(schema).item(null).into()
}

/// The schema of a moment in an answer: RFC 3339 in UTC with six digits.
#[derive(Debug)]
pub struct Moment;

impl PartialSchema for Moment {
    fn schema() -> RefOr<Schema> {
        of_format(KnownFormat::DateTime)
    }
}

fn of_format(format: KnownFormat) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(format)))
        .into()
}

/// A bound of an integer. utoipa has a float for those beyond `isize`, which none of ours is.
fn bound(number: i64) -> isize {
    isize::try_from(number).unwrap_or(isize::MAX)
}

/// The header of every response.
pub(super) fn request_id() -> Value {
    json!({
        "description": "The id of the request, as it stands in logs: the client's own if it is safe to log.",
        "schema": {"type": "string"},
    })
}
