//! JSON as text, which keeps every digit and any depth.

use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};

/// A JSON value as text. `sqlx.toml` names it as the type of `jsonb`: reading any stored value succeeds, and no number
/// passes through a float.
#[derive(Debug, Clone)]
pub struct JsonText(Box<RawValue>);

impl JsonText {
    /// The JSON of this value; `null` if it cannot be serialized.
    pub fn of(value: &impl Serialize) -> Self {
        to_raw_value(value).map(Self).unwrap_or_default()
    }

    /// The value as text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl Default for JsonText {
    /// `null`.
    fn default() -> Self {
        Self(RawValue::NULL.to_owned())
    }
}

impl From<Box<RawValue>> for JsonText {
    fn from(text: Box<RawValue>) -> Self {
        Self(text)
    }
}

impl From<JsonText> for Box<RawValue> {
    fn from(JsonText(text): JsonText) -> Self {
        text
    }
}

/// Compares the text.
impl PartialEq for JsonText {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Type<Postgres> for JsonText {
    fn type_info() -> PgTypeInfo {
        <RawValue as Type<Postgres>>::type_info()
    }

    fn compatible(ty: &PgTypeInfo) -> bool {
        <RawValue as Type<Postgres>>::compatible(ty)
    }
}

impl<'q> Encode<'q, Postgres> for JsonText {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        <Box<RawValue> as Encode<'q, Postgres>>::encode_by_ref(&self.0, buffer)
    }
}

impl<'r> Decode<'r, Postgres> for JsonText {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        <Box<RawValue> as Decode<'r, Postgres>>::decode(value).map(Self)
    }
}
