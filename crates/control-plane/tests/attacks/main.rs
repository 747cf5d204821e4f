//! Attacks of one tenant's login on another tenant, attempt by attempt: see `table`.
//!
//! Each attempt is made twice, in a fresh session: with the service's start-up options, and like a thief of the password
//! without them. After each attempt the other tenant's rows are unchanged, it can work, and the attacker has received
//! nothing of it, be it a row, a notice or an error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step fails the test"
)]

mod attempt;
mod check;
mod detection;
mod execute;
mod exhaustion;
mod fixture;
#[path = "../it/support.rs"]
#[expect(dead_code, reason = "shared with the other tests, which use all of it")]
mod support;
mod table;

use std::io::Write as _;

use attempt::Expected;
use fixture::AttackFixture;
use table::{THEMES, theme};

/// Makes every attempt of the theme, and prints how many were refused.
async fn run_theme(mut fixture: AttackFixture, name: &str) {
    let mut failures = Vec::new();
    let (mut tried, mut refused) = (0, 0);
    let major = fixture.major;
    for attempt in theme(name).iter().filter(|attempt| attempt.applies_to(major)) {
        tried += 1;
        let found = fixture.check(attempt).await;
        refused += u32::from(found.is_empty());
        failures.extend(found);
    }
    let guard = if fixture.guarded {
        ""
    } else {
        ", without the guard"
    };
    // Not `println!`, whose output the test runner hides for passed tests.
    let line = format!("attacks on PostgreSQL {major}: {refused}/{tried} refused ({name}{guard})\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

macro_rules! themes {
    ($($name:ident)*) => {$(
        #[tokio::test]
        async fn $name() {
            run_theme(AttackFixture::new().await, stringify!($name)).await;
        }
    )*};
}

themes! {
    reads copies writes merges leaks identities rights settings smuggling creation alteration locks queues statistics
    catalogue sessions files databases
}

#[tokio::test]
async fn plans() {
    run_theme(AttackFixture::crowded().await, "plans").await;
}

/// Tenants from before migration 0008 have one role more.
mod of_three_roles {
    use super::{AttackFixture, run_theme};

    macro_rules! themes {
        ($($name:ident)*) => {$(
            #[tokio::test]
            async fn $name() {
                run_theme(AttackFixture::of_three_roles().await, stringify!($name)).await;
            }
        )*};
    }

    themes! { earlier identities rights }
}

/// A managed PostgreSQL has no event trigger: without the guard, the rights alone must suffice.
mod without_the_guard {
    use super::{AttackFixture, run_theme};

    macro_rules! themes {
        ($($name:ident)*) => {$(
            #[tokio::test]
            async fn $name() {
                run_theme(AttackFixture::new().await.without_guard().await, stringify!($name)).await;
            }
        )*};
    }

    themes! { rights smuggling creation alteration }
}

/// Disclosures that cannot be prevented are those of the page.
#[tokio::test]
async fn disclosures_are_documented() {
    let mut fixture = AttackFixture::crowded().await;
    for sql in [
        "ALTER ROLE CURRENT_USER SET work_mem = '1MB'",
        "BEGIN; TABLE app.users",
    ] {
        support::run(&mut fixture.victim, sql).await.unwrap();
    }
    let page = include_str!("../../../../docs/isolation.md");
    for (name, sql) in table::disclosures::DISCLOSURES {
        let sql = fixture.fill(
            sql,
            fixture.tenants.b.as_uuid(),
            fixture.tenants.user_of_b,
            &fixture.name,
        );
        let mut session = fixture.tenants.session(fixture.tenants.a).await;
        let outcome = execute::execute(&mut session, &sql).await;
        assert_eq!(
            (outcome.refusal.as_deref(), &*outcome.rows),
            (None, "t"),
            "{name}: {outcome:?}"
        );
        let (_, disclosure) = name.split_once(": ").unwrap();
        assert!(page.contains(disclosure), "docs/isolation.md lacks: {disclosure}");
    }
}

/// PostgreSQL's own views that a tenant can read: catalogs, and the session's own state. A new entry belongs in
/// docs/isolation.md as well.
const READABLE: &[&str] = &[
    "pg_available_extension_versions",
    "pg_available_extensions",
    "pg_cursors",
    "pg_group",
    "pg_indexes",
    "pg_matviews",
    "pg_policies",
    "pg_prepared_statements",
    "pg_publication_tables",
    "pg_roles",
    "pg_rules",
    "pg_seclabels",
    "pg_sequences",
    "pg_settings",
    "pg_stat_xact_all_tables",
    "pg_stat_xact_sys_tables",
    "pg_stat_xact_user_functions",
    "pg_stat_xact_user_tables",
    "pg_stats",
    "pg_stats_ext",
    "pg_stats_ext_exprs",
    "pg_tables",
    "pg_timezone_abbrevs",
    "pg_timezone_names",
    "pg_user",
    "pg_user_mappings",
    "pg_views",
    "pg_wait_events",
];

/// Functions that a tenant may execute, of those whose name suggests that they disclose the server's state: its own
/// transaction, checkpoints up to 16, and those that require REPLICATION or the other backend's role.
const CALLABLE: &str = "^(pg_(stat_get_(xact_.*|snapshot_timestamp|buf_(fsync|written)_backend|checkpoint_(sync|write)_time\
    |bgwriter_(buf_written_checkpoints|(requested|timed)_checkpoints))|stat_(clear_snapshot|force_next_flush)\
    |backend_pid|(terminate|cancel)_backend|column_size|current_xact_id(_if_assigned)?|get_statisticsobjdef.*\
    |is_wal_replay_paused|get_wal_(replay_pause_state|resource_managers)|split_walfile_name|log_backend_memory_contexts\
    |(create_physical|create_logical|copy_physical|copy_logical|drop|sync)_replication_slots?|replication_slot_advance\
    |logical_slot_.*|backup_start_time|statistics_obj_is_visible|(clear|restore)_(relation|attribute)_stats))$";

/// Finds views and functions that a new version of PostgreSQL adds.
#[tokio::test]
async fn no_other_view_or_function_discloses_the_server() {
    let fixture = AttackFixture::new().await;
    let mut session = fixture.tenants.session(fixture.tenants.a).await;
    let views: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
         WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'v' AND has_table_privilege(oid, 'SELECT')",
    )
    .fetch_all(&mut session)
    .await
    .unwrap();
    let mut disclosing = Vec::new();
    for view in views {
        let read = format!("SELECT * FROM pg_catalog.{view} LIMIT 1");
        let outcome = execute::execute(&mut session, &read).await;
        if outcome.refusal.is_none() && !READABLE.contains(&view.as_str()) {
            disclosing.push(view);
        }
    }
    let functions: Vec<String> = sqlx::query_scalar(
        "SELECT oid::regprocedure::text FROM pg_proc
         WHERE pronamespace = 'pg_catalog'::regnamespace AND has_function_privilege(oid, 'EXECUTE')
            AND provolatile <> 'i' AND proname ~ '^(pg|txid)_'
            AND proname ~ '(stat_|stats$|wal|lock|xact|size|slot|backend|queue|control|status|_time$|modules|commit)' AND proname !~ $1",
    )
    .bind(CALLABLE.replace(char::is_whitespace, ""))
    .fetch_all(&mut session)
    .await
    .unwrap();
    disclosing.extend(functions);
    assert_eq!(disclosing, Vec::<String>::new());
}

/// The numbers of attempts on the page are right.
#[test]
fn the_page_counts_the_attempts() {
    let page = include_str!("../../../../docs/isolation.md");
    for (name, attempts) in THEMES {
        let row = format!("| {name} | {} |", attempts.len());
        assert!(page.contains(&row), "docs/isolation.md lacks `{row}`");
    }
    let exhausting = table::EXHAUSTION.len();
    let row = format!("| exhaustion | {exhausting} |");
    assert!(page.contains(&row), "docs/isolation.md lacks `{row}`");
    let all: usize = THEMES.iter().map(|(_, attempts)| attempts.len()).sum::<usize>() + exhausting;
    assert!(page.contains(&format!("{all} attempts in SQL")), "{all}");
}

/// Names identify attempts, and every allowed attempt has a reason.
#[test]
fn names_of_attempts_are_unique() {
    for (theme, attempts) in THEMES {
        for (index, attempt) in attempts.iter().enumerate() {
            let twin = attempts[..index].iter().find(|other| other.name == attempt.name);
            assert!(twin.is_none(), "{theme}: {}", attempt.name);
            if let Expected::Allowed(why) = attempt.expected {
                assert!(!why.is_empty(), "{theme}: {}", attempt.name);
            }
        }
    }
}
