//! Attacks of one tenant's client on another over HTTP, request by request: see `attacks/table.rs`.
//!
//! Each is sent as it stands there, over a connection of its own, and has exactly one answer. After each, the other
//! tenant's rows and the list of tenants are the same to the last byte, and nothing of the other was in the answer.

mod fixture;
mod http2;
#[rustfmt::skip]
mod table;

use std::io::Write as _;

use fixture::AttackFixture;
use http2::FLOODS;
use table::{FOUND, FOUND_HTTP2, HTTP2, TENANT_HOSTS, THEMES};

#[tokio::test]
async fn every_request_is_refused_or_stays_within_its_own_tenant() {
    let mut successful = Vec::new();
    for (theme, overrides, attempts) in THEMES {
        let fixture = AttackFixture::new(overrides).await;
        let mut refused = 0_usize;
        for attempt in *attempts {
            let found = fixture.deviations(attempt).await;
            refused += usize::from(found.is_empty());
            successful.extend(found);
        }
        report(&fixture, theme, refused, attempts.len());
    }
    assert!(successful.is_empty(), "{}", successful.join("\n"));
}

#[tokio::test]
async fn every_http2_request_is_refused_or_stays_within_its_own_tenant() {
    let fixture = AttackFixture::new(&[TENANT_HOSTS]).await;
    let mut found = Vec::new();
    for attempt in HTTP2 {
        found.push(fixture.http2_deviations(attempt).await);
    }
    for flood in FLOODS {
        found.push(fixture.flood_deviations(flood).await);
    }
    let refused = found.iter().filter(|found| found.is_empty()).count();
    report(&fixture, "HTTP/2", refused, found.len());
    let successful = found.concat();
    assert!(successful.is_empty(), "{}", successful.join("\n"));
}

fn report(fixture: &AttackFixture, theme: &str, refused: usize, tried: usize) {
    let major = fixture.major;
    // Not by `println!`, which the test runner keeps to itself when all is well.
    let line = format!("attacks on PostgreSQL {major}: {refused}/{tried} refused (HTTP: {theme})\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}

#[tokio::test]
async fn successful_attacks_are_detected() {
    for (expected, attempt) in FOUND {
        let found = AttackFixture::new(&[]).await.deviations(attempt).await;
        assert_reported(expected, attempt.name, &found);
    }
    let fixture = AttackFixture::new(&[]).await;
    for (expected, attempt) in FOUND_HTTP2 {
        assert_reported(expected, attempt.name, &fixture.http2_deviations(attempt).await);
    }
}

fn assert_reported(expected: &str, name: &str, found: &[String]) {
    let is_reported = found.iter().any(|sentence| sentence.contains(expected));
    assert!(is_reported, "{name}: {}", found.join("\n"));
}

#[test]
fn the_page_counts_the_attempts() {
    let all: usize = THEMES.iter().map(|(_, _, attempts)| attempts.len()).sum();
    let all = all + HTTP2.len() + FLOODS.len();
    let page = include_str!("../../../../docs/isolation.md");
    assert!(page.contains(&format!("{all} attempts over HTTP")), "{all}");
}
