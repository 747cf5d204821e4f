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
