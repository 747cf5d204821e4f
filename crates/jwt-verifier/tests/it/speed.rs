//! Durations of a verification: `cargo test -p jwt-verifier --release --test it speed -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use crate::test_key::{TestKey, claims, claims_with};
use crate::verifiers::Fixture;

#[tokio::test]
#[ignore = "a measurement"]
async fn verifications() {
    const ROUNDS: u32 = 1000;
    for key in [TestKey::rsa("1"), TestKey::ec("1"), TestKey::ed("1")] {
        let fixture = Fixture::new(&[&key]);
        let tokens: Vec<_> = (0..ROUNDS)
            .map(|number| key.token(&claims_with(&serde_json::json!({ "jti": number.to_string() }))))
            .collect();
        let started = Instant::now();
        for token in &tokens {
            fixture.verify(token).await.unwrap();
        }
        let first = started.elapsed() / ROUNDS;
        let token = key.token(&claims());
        fixture.verify(&token).await.unwrap();
        let started = Instant::now();
        for _ in 0..ROUNDS {
            fixture.verify(&token).await.unwrap();
        }
        let again = started.elapsed() / ROUNDS;
        println!(
            "{} ({} bytes): {first:?} the first time, {again:?} again",
            key.algorithm(),
            token.len()
        );
        assert!(again < Duration::from_millis(1));
    }
}
