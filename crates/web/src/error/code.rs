//! Error codes. A code is stable: clients match on it, so it is never renamed and never reused.

use http::StatusCode;

/// All that a client needs to know of a code.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct CodeDefinition {
    /// The stable name.
    pub name: &'static str,
    /// The status that the code always comes with.
    pub status: StatusCode,
    /// What happened, in one line that is the same each time.
    pub title: &'static str,
    /// What the client should do about it.
    pub advice: &'static str,
    /// Seconds for `Retry-After`; `None` where waiting does not help.
    pub retry_after: Option<u32>,
}

/// Declares a plane's own codes as constants, and `ALL` of them in this order: by status, then by how early in a request
/// they arise.
///
/// ```
/// mod codes {
///     web::plane_codes! {
///         SHOP_UNKNOWN NOT_FOUND "There is no such shop" "Check the shop's id.";
///         SHOP_CLOSED SERVICE_UNAVAILABLE retry 60 "The shop is closed" "Retry after the time in Retry-After.";
///     }
/// }
/// assert_eq!(codes::SHOP_CLOSED.name(), "SHOP_CLOSED");
/// assert_eq!(codes::ALL[1].retry_after(), Some(60));
/// ```
#[macro_export]
macro_rules! plane_codes {
    (@retry) => { None };
    (@retry $seconds:literal) => { Some($seconds) };
    ($($name:ident $status:ident $(retry $retry:literal)? $title:literal $advice:literal;)+) => {
        $(
            #[doc = $title]
            #[allow(unreachable_pub, reason = "a crate's tests may have codes of their own")]
            pub const $name: $crate::Code = $crate::Code::OfPlane(&$crate::error::CodeDefinition {
                name: stringify!($name),
                status: $crate::error::StatusCode::$status,
                title: $title,
                advice: $advice,
                retry_after: $crate::plane_codes!(@retry $($retry)?),
            });
        )+

        /// All codes that are not shared by all planes.
        #[allow(dead_code, unreachable_pub, reason = "a crate's tests may have codes of their own")]
        pub const ALL: &[$crate::Code] = &[$($name),+];
    };
}

/// Declares [`Code`] from its table, so that each code has a definition.
macro_rules! shared_codes {
    ($($variant:ident $name:literal $status:ident $(retry $retry:literal)? $title:literal $advice:literal;)+) => {
        /// A failure that a client can meet: one that all planes share, or one of a plane.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $title] $variant,)+
            /// A plane's own, declared by [`plane_codes`](crate::plane_codes).
            OfPlane(&'static CodeDefinition),
        }

        impl Code {
            /// The codes that all planes share: by status, then by how early in a request they arise.
            pub const SHARED: &'static [Self] = &[$(Self::$variant),+];

            const fn definition(self) -> &'static CodeDefinition {
                match self {
                    $(Self::$variant => &CodeDefinition {
                        name: $name,
                        status: StatusCode::$status,
                        title: $title,
                        advice: $advice,
                        retry_after: plane_codes!(@retry $($retry)?),
                    },)+
                    Self::OfPlane(definition) => definition,
                }
            }
        }
    };
}

shared_codes! {
    Malformed "MALFORMED" BAD_REQUEST
        "The request cannot be read" "Correct the syntax at the place that `detail` names.";
    Unauthenticated "UNAUTHENTICATED" UNAUTHORIZED
        "The credentials are missing or not accepted" "Send a valid API key or token as `Authorization: Bearer …`.";
    CrossSite "CROSS_SITE" FORBIDDEN
        "A page of another site made the request" "Call from a page of the same site, or from outside a browser.";
    Forbidden "FORBIDDEN" FORBIDDEN
        "The caller may not do this" "Use credentials that allow it.";
    RouteUnknown "ROUTE_UNKNOWN" NOT_FOUND
        "There is no such route" "Check the path.";
    NotFound "NOT_FOUND" NOT_FOUND
        "There is no such thing, or it is not yours" "Check the id; list what there is.";
    MethodNotAllowed "METHOD_NOT_ALLOWED" METHOD_NOT_ALLOWED
        "The route does not know this method" "Use one of the methods in the header Allow.";
    RequestTimeout "REQUEST_TIMEOUT" REQUEST_TIMEOUT
        "The request's body came too slowly" "Send it again, without pauses.";
    Conflict "CONFLICT" CONFLICT
        "The request conflicts with what is stored" "Read the current state and decide anew.";
    PreconditionFailed "PRECONDITION_FAILED" PRECONDITION_FAILED
        "It has changed since you read it" "Read it again and decide anew; send its new ETag as If-Match.";
    BodyTooLarge "BODY_TOO_LARGE" PAYLOAD_TOO_LARGE
        "The request's body is too large" "Send less at once.";
    UriTooLong "URI_TOO_LONG" URI_TOO_LONG
        "The request's URI is too long" "Shorten the query.";
    MediaType "MEDIA_TYPE" UNSUPPORTED_MEDIA_TYPE
        "The request's body is of a type that is not understood" "Send JSON, not encoded, as `content-type: application/json`.";
    HostNotAllowed "HOST_NOT_ALLOWED" MISDIRECTED_REQUEST
        "The service does not answer for this host" "Call it by a name that is in `allowed_hosts`, or have yours added there.";
    Validation "VALIDATION" UNPROCESSABLE_ENTITY
        "Some fields are wrong" "Correct every field in `errors`.";
    PreconditionRequired "PRECONDITION_REQUIRED" PRECONDITION_REQUIRED
        "The request does not say which version it changes" "Send the ETag that you read as If-Match, or `*` for whatever there is.";
    Internal "INTERNAL" INTERNAL_SERVER_ERROR
        "Something failed on our side" "Report the `request_id`; a retry may help.";
    ShuttingDown "SHUTTING_DOWN" SERVICE_UNAVAILABLE retry 1
        "This instance is shutting down" "Retry; another instance answers.";
    DeadlineExceeded "DEADLINE_EXCEEDED" GATEWAY_TIMEOUT
        "The request took longer than it may" "Check whether it had an effect, then retry.";
}

impl Code {
    /// The stable name, as it stands in a problem's `code`.
    pub const fn name(self) -> &'static str {
        self.definition().name
    }

    /// The status that the code always comes with.
    pub const fn status(self) -> StatusCode {
        self.definition().status
    }

    /// What happened, in one line that is the same each time.
    pub const fn title(self) -> &'static str {
        self.definition().title
    }

    /// What the client should do about it.
    pub const fn advice(self) -> &'static str {
        self.definition().advice
    }

    /// Seconds for `Retry-After` unless the problem has others; `None` where waiting does not help.
    pub const fn retry_after(self) -> Option<u32> {
        self.definition().retry_after
    }
}
