//! One attempt of tenant `a` on tenant `b`, and its expected outcome.

/// The expected outcome of an attempt. In any case nothing of `b` may be disclosed or changed, which is checked for all.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expected {
    /// PostgreSQL refuses it with one of these SQLSTATEs, which differ between versions.
    Refused(&'static str),
    /// It succeeds and returns these rows: `|` between values, `;` between rows, `null` for NULL.
    Gives(&'static str),
    /// It succeeds and changes this many rows of the attacker.
    Changes(u64),
    /// It succeeds, and the answer about `b` is that about a tenant that does not exist.
    DisclosesNothing,
    /// It may succeed and has no effect on others; the reason why it is allowed.
    Allowed(&'static str),
}

/// An entry of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) name: &'static str,
    /// Placeholders: `{a}`, `{b}`: the tenants' ids. `{user}`, `{name}`: id and name of a row of `b`. `{own}`, `{other}`:
    /// the prefixes of the tenants' logins. `{pid}`: a backend of `b`. `{provisioner}`: the schema of the provisioner of
    /// `b`. `{control}`: the control store. `{schema}`: every schema in turn.
    pub(crate) sql: &'static str,
    pub(crate) expected: Expected,
    /// The expected outcome without the guard against DDL, if it differs.
    pub(crate) unguarded: Option<Expected>,
    /// The first major version with this statement.
    pub(crate) since: u32,
    /// The last major version with this outcome.
    pub(crate) until: u32,
    /// Another database than the tenants'. The service does not connect there: tried with a stolen password only.
    pub(crate) database: Option<&'static str>,
}

impl Attempt {
    const fn new(name: &'static str, sql: &'static str, expected: Expected) -> Self {
        Self {
            name,
            sql,
            expected,
            unguarded: None,
            since: 14,
            until: u32::MAX,
            database: None,
        }
    }

    /// From this major version on.
    pub(crate) const fn since(mut self, major: u32) -> Self {
        self.since = major;
        self
    }

    /// Up to this major version.
    pub(crate) const fn until(mut self, major: u32) -> Self {
        self.until = major;
        self
    }

    /// In another database.
    pub(crate) const fn in_database(mut self, name: &'static str) -> Self {
        self.database = Some(name);
        self
    }

    /// The expected outcome without the guard against DDL.
    pub(crate) const fn unguarded(mut self, expected: Expected) -> Self {
        self.unguarded = Some(expected);
        self
    }

    /// Whether the attempt applies to this major version.
    pub(crate) const fn applies_to(&self, major: u32) -> bool {
        self.since <= major && major <= self.until
    }
}

/// Refused for a missing right.
pub(crate) const fn denied(name: &'static str, sql: &'static str) -> Attempt {
    refused(name, sql, "42501")
}

/// Refused for another reason than a missing right.
pub(crate) const fn refused(name: &'static str, sql: &'static str, code: &'static str) -> Attempt {
    Attempt::new(name, sql, Expected::Refused(code))
}

/// Succeeds and finds no row.
pub(crate) const fn nothing(name: &'static str, sql: &'static str) -> Attempt {
    gives(name, sql, "")
}

/// Succeeds and returns rows of the attacker's own, or constants.
pub(crate) const fn gives(name: &'static str, sql: &'static str, rows: &'static str) -> Attempt {
    Attempt::new(name, sql, Expected::Gives(rows))
}

/// Succeeds and changes the attacker's own rows only.
pub(crate) const fn changes(name: &'static str, sql: &'static str, rows: u64) -> Attempt {
    Attempt::new(name, sql, Expected::Changes(rows))
}

/// The answer about `b` is that about a tenant that does not exist.
pub(crate) const fn discloses_nothing(name: &'static str, sql: &'static str) -> Attempt {
    Attempt::new(name, sql, Expected::DisclosesNothing)
}

/// Is not prevented, or cannot be, and does not affect others.
pub(crate) const fn allowed(name: &'static str, sql: &'static str, why: &'static str) -> Attempt {
    Attempt::new(name, sql, Expected::Allowed(why))
}
