//! A storm of made-up keys costs neither the store nor a pool anything.

use std::time::Duration;

use control_plane::ApiKeySecret;
use futures_util::{StreamExt as _, stream};
use sqlx::postgres::PgConnection;
use tokio::time::sleep;

use super::{BOTH, USERS};
use crate::support::Service;

const STORM: usize = 10_000;

/// Scans and lookups of `control.api_keys` that have been reported up to now.
async fn reads(store: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "SELECT seq_scan + coalesce(idx_scan, 0) FROM pg_stat_user_tables
         WHERE schemaname = 'control' AND relname = 'api_keys'",
    )
    .fetch_one(store)
    .await
    .unwrap()
}

#[tokio::test]
async fn ten_thousand_made_up_keys_cost_no_query_and_open_no_pool() {
    let service = Service::start().await;
    let acme = service.tenant("acme").await;
    let (_, key) = service.api_key(&acme, BOTH).await;
    let holder = service.holder(&key);
    holder.get(USERS).await.expect(200);
    let databases = &service.databases;
    let mut store = databases.server().superuser(databases.control().as_str()).await;
    let before = reads(&mut store).await;
    let opened = service.registry.stats().opened;

    let anonymous = service.anonymous();
    stream::iter(0..STORM)
        .for_each_concurrent(32, |number| {
            let mut made_up = ApiKeySecret::generate().unwrap().expose().to_owned();
            if number % 2 == 0 {
                // With the beginning of a live one.
                made_up.replace_range(..16, &key[..16]);
            }
            let client = anonymous
                .clone()
                .header("authorization", &format!("Bearer {made_up}"));
            async move { assert_eq!(client.get(USERS).await.status, 401) }
        })
        .await;
    assert_eq!(service.registry.stats().opened, opened);
    holder.get(USERS).await.expect(200);
    // A session reports at its next transaction after a second: that of the last uses, and the listener's heartbeats.
    sleep(Duration::from_secs(3)).await;
    let read = reads(&mut store).await - before;
    assert!(read < 20, "{read} reads for {STORM} keys");
}
