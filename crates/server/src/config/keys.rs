//! Every key there is. `default.toml` explains them, in the same order; a test holds the two together.

use std::fmt;

use super::{environment::PREFIX, kind::Kind};

/// A key's name within its section, and what values it takes.
type Field = (&'static str, Kind);
type Fields = &'static [Field];

const LIMITS: Fields = &[
    ("max_connections", Kind::Count),
    ("first_request_timeout", Kind::Duration),
    ("header_timeout", Kind::Duration),
    ("idle_timeout", Kind::Duration),
    ("body_timeout", Kind::Duration),
    ("request_timeout", Kind::Duration),
    ("body_limit", Kind::Count),
    ("max_h2_streams", Kind::Count),
];

const CLUSTER: Fields = &[
    ("host", Kind::Host),
    ("port", Kind::Port),
    ("database", Kind::Database),
    ("maintenance_database", Kind::Text),
    (
        "tls",
        Kind::OneOf(&["disable", "prefer", "require", "verify-ca", "verify-full"]),
    ),
    ("tls_ca_file", Kind::Path),
    ("service_password", Kind::Secret),
    ("service_password_file", Kind::Path),
    ("migrator_password", Kind::Secret),
    ("migrator_password_file", Kind::Path),
    ("bootstrap_user", Kind::Text),
    ("bootstrap_password", Kind::Secret),
    ("bootstrap_password_file", Kind::Path),
    ("connect_timeout", Kind::Duration),
];

/// A hundred years, in days: no clock overflows.
const CENTURY: u32 = 36_500;

/// A section and its keys, in groups so that sections can share them.
const SECTIONS: &[(&str, &[Fields])] = &[
    (
        "log",
        &[&[
            ("format", Kind::OneOf(&["pretty", "json"])),
            ("filter", Kind::Filter),
        ]],
    ),
    (
        "tenant_plane",
        &[
            &[("listen", Kind::Address), ("trusted_networks", Kind::Networks)],
            LIMITS,
        ],
    ),
    (
        "admin_plane",
        &[
            &[("listen", Kind::Address)],
            LIMITS,
            &[("token", Kind::Secret), ("token_file", Kind::Path)],
        ],
    ),
    ("control_store", &[CLUSTER, &[("max_connections", Kind::Count)]]),
    (
        "data_cluster",
        &[CLUSTER, &[("min_server_version", Kind::ServerVersion)]],
    ),
    (
        "registry",
        &[&[
            ("max_resident", Kind::Count),
            ("idle_timeout", Kind::Duration),
            ("max_connections", Kind::Count),
            ("reserved_connections", Kind::Count),
            (
                "max_connections_per_tenant",
                Kind::AtMost(
                    tenant_registry::MAX_CONNECTIONS_PER_TENANT,
                    "which of them are free is kept in one word of 64 bits",
                ),
            ),
            ("instances", Kind::Within(1, 1000)),
            ("acquire_timeout", Kind::Duration),
            ("clean_up_timeout", Kind::Duration),
            ("connection_idle_timeout", Kind::Duration),
            ("max_connection_lifetime", Kind::Duration),
            ("statement_timeout", Kind::Duration),
            ("lock_timeout", Kind::Duration),
            ("idle_in_transaction_timeout", Kind::Duration),
            ("reap_deadline", Kind::Deadline),
            ("on_refused", Kind::OneOf(&["end", "finish"])),
            ("strangers_per_second", Kind::Count),
            ("warm_up", Kind::Amount),
        ]],
    ),
    (
        "watchdog",
        &[&[
            ("interval", Kind::Duration),
            ("session_lock_percent", Kind::Within(1, 50)),
            ("tenant_lock_percent", Kind::Within(1, 50)),
        ]],
    ),
    ("keys", &[&[("ring_file", Kind::Path)]]),
    (
        "migrations",
        &[&[("deadline", Kind::Duration), ("lock_timeout", Kind::Duration)]],
    ),
    ("doctor", &[&[("on_start", Kind::Flag)]]),
    (
        "retention",
        &[&[
            ("audit_days", Kind::Within(30, CENTURY)),
            ("idempotency_hours", Kind::Within(1, 24 * 365)),
            ("operations_days", Kind::Within(1, CENTURY)),
        ]],
    ),
    (
        "shutdown",
        &[&[
            ("http_deadline", Kind::Deadline),
            ("registry_deadline", Kind::Deadline),
        ]],
    ),
    (
        "dev",
        &[&[
            ("state_dir", Kind::Path),
            ("private_postgres", Kind::Flag),
            ("seed", Kind::Flag),
        ]],
    ),
];

/// A key that is known. Shown as `section.name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    section: &'static str,
    field: &'static Field,
}

impl Key {
    /// Every key, in the order of `default.toml`.
    pub fn all() -> impl Iterator<Item = Self> {
        SECTIONS.iter().flat_map(|&(section, groups)| {
            groups
                .iter()
                .copied()
                .flatten()
                .map(move |field| Self { section, field })
        })
    }

    /// The key of a dotted path such as `registry.idle_timeout`.
    pub fn find(path: &str) -> Option<Self> {
        let (section, name) = path.split_once('.')?;
        Self::all().find(|key| key.section == section && key.name() == name)
    }

    /// The key that a variable such as `TENANTRY_REGISTRY__IDLE_TIMEOUT` sets.
    pub(super) fn of_variable(variable: &str) -> Option<Self> {
        Self::all().find(|key| key.variable() == variable)
    }

    /// The section's name.
    pub fn section(self) -> &'static str {
        self.section
    }

    /// The name within its section.
    pub fn name(self) -> &'static str {
        self.field.0
    }

    /// What values it takes.
    pub fn kind(self) -> Kind {
        self.field.1
    }

    /// The variable that sets it.
    pub fn variable(self) -> String {
        format!(
            "{PREFIX}{}__{}",
            self.section.to_uppercase(),
            self.name().to_uppercase()
        )
    }

    /// Of a secret: the key that names a file in its place.
    pub fn file_form(self) -> Option<Self> {
        (self.kind() == Kind::Secret)
            .then(|| Self::find(&format!("{self}_file")))
            .flatten()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.section, self.name())
    }
}
