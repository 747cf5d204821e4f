//! [`JsonObject`]: a request's body as a JSON object.

use axum::extract::{FromRequest, Request};
use serde_json::error::Category;

use super::{body::whole_body, media_type::is_json};
use crate::{
    error::{Code, Problem},
    read::{Fields, Members, unique_names},
};

/// A request's body, a JSON object.
///
/// | what is wrong | code |
/// |---|---|
/// | no `content-type`, another one, or a compressed body | `MEDIA_TYPE` |
/// | longer than the [stack's](crate::stack) limit (axum's default of 2 MB without it) | `BODY_TOO_LARGE` |
/// | a pause longer than allowed | `REQUEST_TIMEOUT` |
/// | cut short, not UTF-8, not JSON, no object, more behind it, nested deeper than 127, a name twice in an object | `MALFORMED` |
///
/// `MALFORMED` says at which line and column, and never repeats what stands there.
#[derive(Debug)]
pub struct JsonObject(pub Members);

impl JsonObject {
    /// Begins to read the fields.
    pub fn fields(self) -> Fields {
        Fields::new(self.0)
    }
}

impl<S: Sync> FromRequest<S> for JsonObject {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Code::MediaType.into());
        }
        let bytes = whole_body(request).await?;
        parse(&bytes).map(Self)
    }
}

pub(super) fn parse(bytes: &[u8]) -> Result<Members, Problem> {
    let malformed = |detail: String| Problem::new(Code::Malformed).detail(detail);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        malformed(format!(
            "the body is not UTF-8 from byte {} on",
            error.valid_up_to()
        ))
    })?;
    match text.trim_ascii_start().chars().next() {
        Some('{') => {}
        Some(_) => return Err(malformed("the body must be a JSON object".into())),
        None => return Err(malformed("the body is empty; a JSON object is expected".into())),
    }
    let object = unique_names(text).and_then(|()| serde_json::from_str(text));
    object.map_err(|error| {
        let what = match error.classify() {
            Category::Eof => "the JSON ends too early",
            Category::Data => "a name stands twice in a JSON object",
            Category::Syntax | Category::Io => "the JSON is not valid",
        };
        malformed(format!(
            "{what}: line {}, column {}",
            error.line(),
            error.column()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(body: &[u8]) -> String {
        let problem = parse(body).unwrap_err();
        assert_eq!(problem.code(), Code::Malformed);
        format!("{problem:?}")
    }

    #[test]
    fn an_object_is_read() {
        let object = parse(b" {\"a\": {\"b\": [1]}, \"c\": null} \n").unwrap();
        assert_eq!(object.len(), 2);
    }

    #[test]
    fn what_is_wrong_is_placed_but_not_repeated() {
        assert!(detail(b"{\"a\": 1,\n  secret}").contains("not valid: line 2, column 3"));
        assert!(detail(b"{\"a\": 1} {").contains("not valid: line 1, column 10"));
        assert!(detail(b"{\"a\": ").contains("ends too early"));
        assert!(detail(b"{\"a\": 1, \"secret\": 2, \"a\": 3}").contains("stands twice"));
        assert!(detail(b"{\"a\": [{\"b\": 1, \"secret\": 2, \"b\": 3}]}").contains("stands twice"));
        assert!(detail(b"{\"a\": \"\xff\"}").contains("not UTF-8 from byte 7"));
        assert!(!detail(b"{\"secret\": 1, \"secret\": 2}").contains("secret"));
    }

    #[test]
    fn only_an_object_will_do() {
        for body in ["[]", "1", "\"{}\"", "null", "\u{feff}{}"] {
            assert!(
                detail(body.as_bytes()).contains("must be a JSON object"),
                "{body}"
            );
        }
        for body in ["", "  \n"] {
            assert!(detail(body.as_bytes()).contains("is empty"), "{body:?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(100).as_bytes()).is_ok());
        assert!(detail(nested(100_000).as_bytes()).contains("not valid"));
    }
}
