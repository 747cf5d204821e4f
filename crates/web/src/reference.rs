//! A plane's description and its interactive page, as routes.
//!
//! The page is Scalar, from its npm bundle inside the binary. It runs under a content security policy of its own and
//! loads nothing from another host; `assets/README.md` says which version it is.

use std::io::Read as _;

use axum::Router;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use flate2::read::GzDecoder;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY,
};
use http::{HeaderMap, HeaderName};
use serde_json::Value;

use crate::accept_encoding::accepts_gzip;
use crate::error::Problem;

/// The path of the description.
pub const DOCUMENT: &str = "/openapi.json";
/// The path of the page.
pub const PAGE: &str = "/docs";
const SCALAR: &str = "/docs/scalar.js";
const START: &str = "/docs/start.js";

/// All paths of [`routes`], which the description does not name.
pub const PATHS: [&str; 4] = [DOCUMENT, PAGE, SCALAR, START];

/// What the page may load: its own files and the plane's answers. Scalar writes styles into the page.
const POLICY: &str = "default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self' data:; \
    form-action 'none'; frame-ancestors 'none'; img-src 'self' data:; script-src 'self'; \
    style-src 'self' 'unsafe-inline'";

/// Scalar's bundle, as it is sent to nearly all clients.
static SCALAR_GZIP: &[u8] = include_bytes!("../assets/scalar.js.gz");

const JAVASCRIPT: (HeaderName, &str) = (CONTENT_TYPE, "text/javascript; charset=utf-8");

/// Lets a browser keep a file, and ask each time whether it is current: without an `ETag` it is sent again.
const REVALIDATE: (HeaderName, &str) = (CACHE_CONTROL, "no-cache");

/// The routes of this description and of its page.
pub fn routes<S: Clone + Send + Sync + 'static>(document: &Value) -> Router<S> {
    let document = Bytes::from(document.to_string());
    Router::new()
        .route(DOCUMENT, text([(CONTENT_TYPE, "application/json")], document))
        .route(
            PAGE,
            text(
                [
                    (CONTENT_TYPE, "text/html; charset=utf-8"),
                    (CONTENT_SECURITY_POLICY, POLICY),
                    (REFERRER_POLICY, "no-referrer"),
                ],
                Bytes::from_static(include_bytes!("../assets/reference.html")),
            ),
        )
        .route(
            START,
            text(
                [JAVASCRIPT],
                Bytes::from_static(include_bytes!("../assets/start.js")),
            ),
        )
        .route(SCALAR, get(scalar))
}

/// Answers always the same.
fn text<S: Clone + Send + Sync + 'static, const N: usize>(
    headers: [(HeaderName, &'static str); N],
    body: Bytes,
) -> MethodRouter<S> {
    get(async move || ([REVALIDATE], headers, body))
}

async fn scalar(headers: HeaderMap) -> Result<Response, Problem> {
    // The file of a release never changes.
    let kept = [
        JAVASCRIPT,
        (CACHE_CONTROL, "private, max-age=86400"),
        (VARY, "accept-encoding"),
    ];
    if accepts_gzip(&headers) {
        let body = Bytes::from_static(SCALAR_GZIP);
        return Ok((kept, [(CONTENT_ENCODING, "gzip")], body).into_response());
    }
    let mut plain = Vec::new();
    GzDecoder::new(SCALAR_GZIP)
        .read_to_end(&mut plain)
        .map_err(Problem::internal)?;
    Ok((kept, plain).into_response())
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use http::{Request, header::ACCEPT_ENCODING};
    use serde_json::json;
    use tower::ServiceExt as _;

    use super::*;

    async fn ask(path: &str, encoding: Option<&'static str>) -> Response {
        let mut request = Request::get(path);
        if let Some(encoding) = encoding {
            request = request.header(ACCEPT_ENCODING, encoding);
        }
        let routes: Router = routes(&json!({"openapi": "3.1.0"}));
        routes
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap()
    }

    async fn body(response: Response) -> Bytes {
        to_bytes(response.into_body(), usize::MAX).await.unwrap()
    }

    #[tokio::test]
    async fn the_page_loads_what_is_served_beside_it_and_nothing_else() {
        let page = ask(PAGE, None).await;
        assert_eq!(page.headers()[CONTENT_SECURITY_POLICY], POLICY);
        let page = String::from_utf8(body(page).await.to_vec()).unwrap();
        let loaded: Vec<_> = page
            .split("src=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert_eq!(loaded, [SCALAR, START]);
        assert!(!page.contains("http"), "{page}");
        for path in PATHS {
            assert_eq!(ask(path, None).await.status(), 200, "{path}");
        }
        assert!(page.contains(DOCUMENT) && include_str!("../assets/start.js").contains(DOCUMENT));
    }

    #[tokio::test]
    async fn the_bundle_is_sent_compressed_where_that_is_understood() {
        let compressed = ask(SCALAR, Some("br, GZIP;q=0.5")).await;
        assert_eq!(compressed.headers()[CONTENT_ENCODING], "gzip");
        let compressed = body(compressed).await;
        let plain = ask(SCALAR, None).await;
        assert!(!plain.headers().contains_key(CONTENT_ENCODING));
        let plain = body(plain).await;
        let mut unpacked = Vec::new();
        GzDecoder::new(&*compressed).read_to_end(&mut unpacked).unwrap();
        assert!(plain == unpacked && plain.len() > 3 * compressed.len());
    }

    #[test]
    fn the_bundle_is_the_one_that_is_noted() {
        use std::fmt::Write as _;

        use sha2::{Digest as _, Sha256};

        let digest = Sha256::digest(SCALAR_GZIP)
            .iter()
            .fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
        assert!(include_str!("../assets/README.md").contains(&digest), "{digest}");
    }
}
