//! Requests of other sites' pages, as browsers mark them (Fetch Metadata, <https://www.w3.org/TR/fetch-metadata/>).

use http::{HeaderName, Method, Request};

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Whether another site's page makes this request, other than by a link that leads here: a GET for a document of its own.
pub(super) fn is_cross_site<B>(request: &Request<B>) -> bool {
    let has = |name: HeaderName, value: &str| {
        let mut values = request.headers().get_all(name).iter();
        values.any(|given| given.as_bytes().eq_ignore_ascii_case(value.as_bytes()))
    };
    let follows_a_link = || request.method() == Method::GET && has(MODE, "navigate") && has(DEST, "document");
    has(SITE, "cross-site") && !follows_a_link()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_sites_page_can_only_link_here() {
        for (method, site, mode, dest, refused) in [
            ("GET", "cross-site", "navigate", "document", false),
            ("POST", "cross-site", "navigate", "document", true),
            ("GET", "cross-site", "navigate", "iframe", true),
            ("GET", "cross-site", "no-cors", "image", true),
            ("POST", "cross-site", "cors", "empty", true),
            ("GET", "same-site", "cors", "empty", false),
            ("POST", "same-origin", "cors", "empty", false),
            ("GET", "none", "navigate", "document", false),
        ] {
            let request = Request::builder()
                .method(method)
                .header(SITE, site)
                .header(MODE, mode)
                .header(DEST, dest)
                .body(())
                .unwrap();
            assert_eq!(is_cross_site(&request), refused, "{method} {site} {mode} {dest}");
        }
        assert!(!is_cross_site(&Request::new(())));
    }
}
