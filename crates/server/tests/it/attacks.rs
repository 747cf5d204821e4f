//! What a client of one tenant tries on another over HTTP, request by request: see `attacks/table.rs`.
//!
//! Each is sent as it stands there, over a connection of its own, and has exactly one answer. After each, the other
//! tenant's rows and the list of tenants are the same to the last byte, and nothing of the other was in the answer.

mod scene;
#[rustfmt::skip]
mod table;

use std::io::Write as _;

use scene::Scene;
use table::{FOUND, THEMES};

#[tokio::test]
async fn every_request_is_refused_or_stays_within_its_own_tenant() {
    let mut through = Vec::new();
    for (theme, overrides, attempts) in THEMES {
        let scene = Scene::new(overrides).await;
        let mut refused = 0;
        for attempt in *attempts {
            let found = scene.judge(attempt).await;
            refused += u32::from(found.is_empty());
            through.extend(found);
        }
        let (tried, major) = (attempts.len(), scene.major);
        // Not by `println!`, which the test runner keeps to itself when all is well.
        let line = format!("attacks on PostgreSQL {major}: {refused}/{tried} refused (HTTP: {theme})\n");
        std::io::stdout().write_all(line.as_bytes()).unwrap();
    }
    assert!(through.is_empty(), "{}", through.join("\n"));
}

#[tokio::test]
async fn what_gets_through_is_found() {
    for (said, attempt) in FOUND {
        let found = Scene::new(&[]).await.judge(attempt).await;
        let is_said = found.iter().any(|sentence| sentence.contains(said));
        assert!(is_said, "{}: {}", attempt.name, found.join("\n"));
    }
}

/// The page counts what is tried.
#[test]
fn the_page_tells_how_much_is_tried() {
    let all: usize = THEMES.iter().map(|(_, _, attempts)| attempts.len()).sum();
    let page = include_str!("../../../../docs/isolation.md");
    assert!(page.contains(&format!("{all} attempts over HTTP")), "{all}");
}
