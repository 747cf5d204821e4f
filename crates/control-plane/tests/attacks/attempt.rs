//! One attempt of the tenant `a` on the tenant `b`, and what has to come of it.

/// What has to come of an attempt. Whatever it is, nothing of `b` is told and nothing changed: that is looked after
/// for each of them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expected {
    /// PostgreSQL refuses it with this SQLSTATE, or with one of these: they differ between versions.
    Refused(&'static str),
    /// It runs and gives these rows: `|` between values, `;` between rows, `null` for what is none.
    Gives(&'static str),
    /// It runs and changes this many rows of the attacker's own.
    Changes(u64),
    /// It runs, and its answer is the one that a tenant which does not exist would get.
    TellsNothing,
    /// It may run or not, and has no effect on others; why it is let be.
    LetBe(&'static str),
}

/// A line of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) name: &'static str,
    /// `{a}`, `{b}`: the ids of the two tenants. `{user}`: of a row of `b`. `{name}`: that row's name. `{own}`,
    /// `{other}`: with `_a` and `_b` the tenants' logins. `{pid}`: a backend of `b`. `{provisioner}`:
    /// the schema of the provisioner of `b`. `{control}`: the control store's database. `{schema}`: every schema
    /// there is, one after the other.
    pub(crate) sql: &'static str,
    pub(crate) expected: Expected,
    /// What comes of it where no superuser could set up the guard against DDL, if it is something else.
    pub(crate) unguarded: Option<Expected>,
    /// The first major version that knows what is tried.
    pub(crate) since: u32,
    /// The last one for which this is expected.
    pub(crate) until: u32,
    /// Another database than the tenants', for which the service has no way: tried with a stolen password alone.
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

    /// What comes of it without the guard against DDL.
    pub(crate) const fn unguarded(mut self, expected: Expected) -> Self {
        self.unguarded = Some(expected);
        self
    }

    /// Whether a server of this major version is asked.
    pub(crate) const fn fits(&self, major: u32) -> bool {
        self.since <= major && major <= self.until
    }
}

/// PostgreSQL says that the right is missing.
pub(crate) const fn denied(name: &'static str, sql: &'static str) -> Attempt {
    refused(name, sql, "42501")
}

/// Refused for another reason than a missing right.
pub(crate) const fn refused(name: &'static str, sql: &'static str, code: &'static str) -> Attempt {
    Attempt::new(name, sql, Expected::Refused(code))
}

/// Runs and finds no row.
pub(crate) const fn nothing(name: &'static str, sql: &'static str) -> Attempt {
    gives(name, sql, "")
}

/// Runs and gives what is the attacker's own, or nobody's.
pub(crate) const fn gives(name: &'static str, sql: &'static str, rows: &'static str) -> Attempt {
    Attempt::new(name, sql, Expected::Gives(rows))
}

/// Runs and changes the attacker's own rows alone.
pub(crate) const fn changes(name: &'static str, sql: &'static str, rows: u64) -> Attempt {
    Attempt::new(name, sql, Expected::Changes(rows))
}

/// The answer about `b` is that about nobody.
pub(crate) const fn tells_nothing(name: &'static str, sql: &'static str) -> Attempt {
    Attempt::new(name, sql, Expected::TellsNothing)
}

/// Is not prevented, or cannot be, and does others nothing.
pub(crate) const fn let_be(name: &'static str, sql: &'static str, why: &'static str) -> Attempt {
    Attempt::new(name, sql, Expected::LetBe(why))
}
