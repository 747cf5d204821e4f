//! What both HTTP planes share: accept loop, error codes, middleware and paging.
