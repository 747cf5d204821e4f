//! What both HTTP planes share: accept loop, error codes, reading of input, middleware and paging.
//!
//! It knows nothing of tenants, databases or configuration files. A plane builds its [`axum::Router`], puts
//! it through [`stack`] and hands it to [`serve`]; its handlers read with [`JsonObject`], [`Fields`] and
//! [`Query`], page with [`Page`], and fail with a [`Problem`], which is the only error that reaches a client.
//!
//! | module | what it is for |
//! |---|---|
//! | [`error`] | the one table of codes, and the RFC 9457 problem that carries one |
//! | [`read`] | every wrong field of a body or a query, in one answer |
//! | [`extract`] | JSON bodies and ids in paths |
//! | [`page`] | limits, keyset cursors, pages |
//! | [`middleware`] | what happens around every request, in one function |
//! | [`listen`] | the accept loop and its limits |

pub mod error;
pub mod extract;
pub mod listen;
pub mod middleware;
pub mod page;
pub mod read;

pub use error::{Code, FieldError, Problem};
pub use extract::{JsonObject, NoBody, NoQuery, PathId};
pub use listen::{Peer, serve};
pub use middleware::{StackSettings, stack};
pub use page::Page;
pub use read::{Fields, Patch, Query};
