//! What one tenant's login tries on another tenant, attempt by attempt: see `table`.
//!
//! Each attempt is made twice, in a fresh session: as the service's sessions are, with its start-up options, and as
//! somebody would come who stole the password. After each, the other tenant's rows are the same to the last byte, it
//! can work, and nothing of it was in what the attacker received, be it a row, a notice or an error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step fails the test"
)]

mod attempt;
mod exhaustion;
mod judge;
mod notices;
mod scene;
mod strike;
#[path = "../it/support.rs"]
#[expect(dead_code, reason = "shared with the other tests, which use all of it")]
mod support;
mod table;
mod walls;

use std::io::Write as _;

use attempt::Expected;
use scene::Scene;
use table::{THEMES, theme};

/// Makes every attempt of the theme, and tells how many came to nothing.
async fn hold(mut scene: Scene, name: &str) {
    let mut through = Vec::new();
    let (mut tried, mut refused) = (0, 0);
    let major = scene.major;
    for attempt in theme(name).iter().filter(|attempt| attempt.fits(major)) {
        tried += 1;
        let found = scene.judge(attempt).await;
        refused += u32::from(found.is_empty());
        through.extend(found);
    }
    let guard = if scene.guarded { "" } else { ", without the guard" };
    // Not by `println!`, which the test runner keeps to itself when all is well.
    let line = format!("attacks on PostgreSQL {major}: {refused}/{tried} refused ({name}{guard})\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
    assert!(through.is_empty(), "{}", through.join("\n"));
}

macro_rules! themes {
    ($($name:ident)*) => {$(
        #[tokio::test]
        async fn $name() {
            hold(Scene::new().await, stringify!($name)).await;
        }
    )*};
}

themes! {
    reads copies writes merges leaks identities rights settings smuggling creation alteration locks queues statistics
    catalogue sessions files databases
}

#[tokio::test]
async fn plans() {
    hold(Scene::crowded().await, "plans").await;
}

/// A tenant that was made until migration 0008 has a role more.
mod of_three_roles {
    use super::{Scene, hold};

    macro_rules! themes {
        ($($name:ident)*) => {$(
            #[tokio::test]
            async fn $name() {
                hold(Scene::of_three_roles().await, stringify!($name)).await;
            }
        )*};
    }

    themes! { earlier identities rights }
}

/// A PostgreSQL that others manage gives nobody an event trigger: without the guard, the rights have to hold alone.
mod without_the_guard {
    use super::{Scene, hold};

    macro_rules! themes {
        ($($name:ident)*) => {$(
            #[tokio::test]
            async fn $name() {
                hold(Scene::new().await.without_guard().await, stringify!($name)).await;
            }
        )*};
    }

    themes! { rights smuggling creation alteration }
}

/// What cannot be refused is told as the page says, or the page is to be changed.
#[tokio::test]
async fn what_cannot_be_refused_is_known() {
    let mut scene = Scene::crowded().await;
    for sql in [
        "ALTER ROLE CURRENT_USER SET work_mem = '1MB'",
        "BEGIN; TABLE app.users",
    ] {
        support::run(&mut scene.victim, sql).await.unwrap();
    }
    let page = include_str!("../../../../docs/isolation.md");
    for (name, sql) in table::told::TOLD {
        let sql = scene.fill(sql, scene.world.b.as_uuid(), scene.world.user_of_b, &scene.name);
        let mut session = scene.world.session(scene.world.a).await;
        let outcome = strike::strike(&mut session, &sql).await;
        assert_eq!(
            (outcome.refusal.as_deref(), &*outcome.rows),
            (None, "t"),
            "{name}: {outcome:?}"
        );
        let (_, told) = name.split_once(": ").unwrap();
        assert!(page.contains(told), "docs/isolation.md lacks: {told}");
    }
}

/// PostgreSQL's own views that a tenant can read: catalogs, and what is the session's own. A new entry belongs in
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

/// Functions that are left to a tenant, of those whose name says that they tell of the server: its own transaction,
/// checkpoints up to 16, and what wants REPLICATION or the other backend's role.
const CALLABLE: &str = "^(pg_(stat_get_(xact_.*|snapshot_timestamp|buf_(fsync|written)_backend|checkpoint_(sync|write)_time\
    |bgwriter_(buf_written_checkpoints|(requested|timed)_checkpoints))|stat_(clear_snapshot|force_next_flush)\
    |backend_pid|(terminate|cancel)_backend|column_size|current_xact_id(_if_assigned)?|get_statisticsobjdef.*\
    |is_wal_replay_paused|get_wal_(replay_pause_state|resource_managers)|split_walfile_name|log_backend_memory_contexts\
    |(create_physical|create_logical|copy_physical|copy_logical|drop|sync)_replication_slots?|replication_slot_advance\
    |logical_slot_.*|backup_start_time|statistics_obj_is_visible|(clear|restore)_(relation|attribute)_stats))$";

/// Finds views and functions that a new version of PostgreSQL adds.
#[tokio::test]
async fn nothing_else_of_the_server_is_told() {
    let scene = Scene::new().await;
    let mut session = scene.world.session(scene.world.a).await;
    let views: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
         WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'v' AND has_table_privilege(oid, 'SELECT')",
    )
    .fetch_all(&mut session)
    .await
    .unwrap();
    let mut told = Vec::new();
    for view in views {
        let read = format!("SELECT * FROM pg_catalog.{view} LIMIT 1");
        let outcome = strike::strike(&mut session, &read).await;
        if outcome.refusal.is_none() && !READABLE.contains(&view.as_str()) {
            told.push(view);
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
    told.extend(functions);
    assert_eq!(told, Vec::<String>::new());
}

/// The page counts what is tried; here it is held to that.
#[test]
fn the_page_tells_how_much_is_tried() {
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

/// A name is how a failure is found; and what is let be has a reason.
#[test]
fn attempts_have_names_of_their_own() {
    for (theme, attempts) in THEMES {
        for (index, attempt) in attempts.iter().enumerate() {
            let twin = attempts[..index].iter().find(|other| other.name == attempt.name);
            assert!(twin.is_none(), "{theme}: {}", attempt.name);
            if let Expected::LetBe(why) = attempt.expected {
                assert!(!why.is_empty(), "{theme}: {}", attempt.name);
            }
        }
    }
}
