//! What a client of one tenant tries on another over HTTP, request by request: see `attacks/table.rs`.
//!
//! Each is sent as it stands there, over a connection of its own, and has exactly one answer. After each, the other
//! tenant's rows and the list of tenants are the same to the last byte, and nothing of the other was in the answer.

mod http2;
mod scene;
#[rustfmt::skip]
mod table;

use std::io::Write as _;

use http2::FLOODS;
use scene::Scene;
use table::{FOUND, FOUND_HTTP2, HTTP2, THEMES};

#[tokio::test]
async fn every_request_is_refused_or_stays_within_its_own_tenant() {
    let mut through = Vec::new();
    for (theme, overrides, attempts) in THEMES {
        let scene = Scene::new(overrides).await;
        let mut refused = 0_usize;
        for attempt in *attempts {
            let found = scene.judge(attempt).await;
            refused += usize::from(found.is_empty());
            through.extend(found);
        }
        report(&scene, theme, refused, attempts.len());
    }
    assert!(through.is_empty(), "{}", through.join("\n"));
}

#[tokio::test]
async fn so_is_every_request_over_http2() {
    let scene = Scene::new(&[]).await;
    let mut judged = Vec::new();
    for attempt in HTTP2 {
        judged.push(scene.judge_http2(attempt).await);
    }
    for flood in FLOODS {
        judged.push(scene.judge_flood(flood).await);
    }
    let refused = judged.iter().filter(|found| found.is_empty()).count();
    report(&scene, "HTTP/2", refused, judged.len());
    let through = judged.concat();
    assert!(through.is_empty(), "{}", through.join("\n"));
}

fn report(scene: &Scene, theme: &str, refused: usize, tried: usize) {
    let major = scene.major;
    // Not by `println!`, which the test runner keeps to itself when all is well.
    let line = format!("attacks on PostgreSQL {major}: {refused}/{tried} refused (HTTP: {theme})\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}

#[tokio::test]
async fn what_gets_through_is_found() {
    for (said, attempt) in FOUND {
        let found = Scene::new(&[]).await.judge(attempt).await;
        assert_said(said, attempt.name, &found);
    }
    let scene = Scene::new(&[]).await;
    for (said, attempt) in FOUND_HTTP2 {
        assert_said(said, attempt.name, &scene.judge_http2(attempt).await);
    }
}

fn assert_said(said: &str, name: &str, found: &[String]) {
    let is_said = found.iter().any(|sentence| sentence.contains(said));
    assert!(is_said, "{name}: {}", found.join("\n"));
}

/// The page counts what is tried.
#[test]
fn the_page_tells_how_much_is_tried() {
    let all: usize = THEMES.iter().map(|(_, _, attempts)| attempts.len()).sum();
    let all = all + HTTP2.len() + FLOODS.len();
    let page = include_str!("../../../../docs/isolation.md");
    assert!(page.contains(&format!("{all} attempts over HTTP")), "{all}");
}
