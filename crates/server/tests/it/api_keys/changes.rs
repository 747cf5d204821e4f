//! Changes of keys and tenants reach every instance within a second; what holds without the control store.

use std::time::Duration;

use control_plane::{ApiKeySecret, Tenant};
use reqwest::Method;
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor as _};
use testkit::{Proxy, TestServer};
use tokio::time::{Instant, sleep};

use super::{BOTH, USERS, not_accepted};
use crate::support::{Client, Service, retry_after, soon, until};

/// Two instances over the same databases, a tenant, its key's id, and a holder of the key at each.
async fn two() -> (Service, Service, Tenant, String, [Client; 2]) {
    let here = Service::start().await;
    let there = here.beside(&[]).await;
    let acme = here.tenant("acme").await;
    let (id, key) = here.api_key(&acme, BOTH).await;
    let holders = [here.holder(&key), there.holder(&key)];
    holders[0].get(USERS).await.expect(200);
    soon(&holders[1], USERS, 200).await;
    (here, there, acme, id, holders)
}

/// Runs SQL in the control store as an operator does.
async fn in_store(service: &Service, sql: String) {
    let databases = &service.databases;
    let mut store = databases.server().superuser(databases.control().as_str()).await;
    store.execute(AssertSqlSafe(sql)).await.unwrap();
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_here_and_within_a_second_there() {
    let (here, _there, _, id, [near, far]) = two().await;
    let revoke = format!("/admin/v1/api-keys/{id}/revoke");
    here.operator().post(&revoke, &json!({})).await.expect(200);
    not_accepted(near.get(USERS).await);
    not_accepted(soon(&far, USERS, 401).await);
}

#[tokio::test]
async fn an_end_that_is_set_holds_everywhere_also_when_it_comes_later() {
    let (here, _there, _, id, [near, far]) = two().await;
    let mut store = {
        let databases = &here.databases;
        databases.server().superuser(databases.control().as_str()).await
    };
    let soon_after: String = sqlx::query_scalar(
        "SELECT to_char((now() + interval '1500 ms') AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
    )
    .fetch_one(&mut store)
    .await
    .unwrap();
    let expire = format!("/admin/v1/api-keys/{id}/expire");
    here.operator()
        .post(&expire, &json!({"expires_at": soon_after}))
        .await
        .expect(200);
    near.get(USERS).await.expect(200);
    let start = Instant::now();
    for holder in [&near, &far] {
        until(async || holder.get(USERS).await.status == 401).await;
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());

    // A later end makes it valid again.
    here.operator()
        .post(&expire, &json!({"expires_at": null}))
        .await
        .expect(200);
    near.get(USERS).await.expect(200);
    soon(&far, USERS, 200).await;
}

#[tokio::test]
async fn changes_by_sql_reach_every_instance() {
    let (here, _there, _, id, [near, far]) = two().await;
    in_store(
        &here,
        format!("UPDATE control.api_keys SET scopes = '{{write}}' WHERE id = '{id}'"),
    )
    .await;
    soon(&near, USERS, 403).await.refused(403, "INSUFFICIENT_SCOPE");
    soon(&far, USERS, 403).await.refused(403, "INSUFFICIENT_SCOPE");
    in_store(&here, format!("DELETE FROM control.api_keys WHERE id = '{id}'")).await;
    not_accepted(soon(&near, USERS, 401).await);
    not_accepted(soon(&far, USERS, 401).await);
}

#[tokio::test]
async fn a_suspended_tenant_is_told_so_by_its_own_key_alone() {
    let (here, _there, acme, _, [near, far]) = two().await;
    let globex = here.tenant("globex").await;
    let (_, other) = here.api_key(&globex, BOTH).await;
    let place = format!("/admin/v1/tenants/{}", acme.id);
    let operator = here.operator();
    operator
        .post(&format!("{place}/suspend"), &json!({}))
        .await
        .expect(200);
    near.get(USERS).await.refused(403, "TENANT_SUSPENDED");
    soon(&far, USERS, 403).await.refused(403, "TENANT_SUSPENDED");
    // Who does not belong learns nothing: neither of a suspended tenant, nor of one that does not exist.
    for tenant in [acme.id.to_string(), testkit::unknown_tenant().to_string()] {
        let named = here.holder(&other).header("x-tenant-id", &tenant);
        named.get(USERS).await.refused(403, "TENANT_MISMATCH");
        let anonymous = here.anonymous().header("x-tenant-id", &tenant);
        anonymous.get(USERS).await.refused(401, "UNAUTHENTICATED");
    }
    operator
        .post(&format!("{place}/resume"), &json!({}))
        .await
        .expect(200);
    near.get(USERS).await.expect(200);
    soon(&far, USERS, 200).await;
}

#[tokio::test]
async fn keys_of_a_deleted_tenant_stop() {
    let (here, _there, acme, id, [near, far]) = two().await;
    let place = format!("/admin/v1/tenants/{}", acme.id);
    let operator = here.operator();
    operator.delete(&place).await.expect(200);
    not_accepted(near.get(USERS).await);
    not_accepted(soon(&far, USERS, 401).await);
    operator
        .post(&format!("{place}/undelete"), &json!({}))
        .await
        .expect(200);
    near.get(USERS).await.expect(200);

    operator.delete(&place).await.expect(200);
    let purged = operator.send(Method::POST, &format!("{place}/purge")).await;
    assert!(purged.status.is_success(), "{purged:?}");
    until(async || operator.get(&format!("/admin/v1/api-keys/{id}")).await.status == 404).await;
    not_accepted(near.get(USERS).await);
    not_accepted(soon(&far, USERS, 401).await);
}

/// A service that reaches the control store by way of a proxy, one that does not, a tenant, and a holder at the first.
async fn behind_proxy(overrides: &[&str]) -> (Service, Service, Proxy, Tenant, String, Client) {
    let beside = Service::start().await;
    let proxy = Proxy::before(TestServer::get().await.cluster());
    let port = format!("control_store.port={}", proxy.address().port());
    let all = [overrides, &[&port, "control_store.connect_timeout=2s"]].concat();
    let service = beside.beside(&all).await;
    let acme = beside.tenant("acme").await;
    let (id, key) = beside.api_key(&acme, BOTH).await;
    let holder = service.holder(&key);
    soon(&holder, USERS, 200).await;
    (service, beside, proxy, acme, id, holder)
}

#[tokio::test]
async fn without_the_store_known_keys_go_on_and_no_other_is_called_invalid() {
    let (service, beside, proxy, acme, id, holder) = behind_proxy(&[]).await;
    proxy.refuse().await;
    proxy.cut().await;
    let made_up = ApiKeySecret::generate().unwrap();
    let stranger = service.holder(made_up.expose());
    let unsure = soon(&stranger, USERS, 503).await;
    assert!(retry_after(&unsure) > 0);
    unsure.refused(503, "CONTROL_STORE_DOWN");
    holder.get(USERS).await.expect(200);
    // Of what is no key, that can be said without a store.
    not_accepted(service.holder("tnt_key_x").get(USERS).await);

    // One that is made meanwhile, and one that is revoked: known as soon as the store is reached again.
    let (_, new) = beside.api_key(&acme, BOTH).await;
    service
        .holder(&new)
        .get(USERS)
        .await
        .refused(503, "CONTROL_STORE_DOWN");
    let revoke = format!("/admin/v1/api-keys/{id}/revoke");
    beside.operator().post(&revoke, &json!({})).await.expect(200);
    holder.get(USERS).await.expect(200);

    proxy.heal();
    let newcomer = service.holder(&new);
    until(async || newcomer.get(USERS).await.status == 200).await;
    not_accepted(holder.get(USERS).await);
    not_accepted(stranger.get(USERS).await);
}

#[tokio::test]
async fn a_revocation_is_missed_for_no_longer_than_is_configured() {
    let (service, _beside, proxy, _, _, holder) = behind_proxy(&["tenant_plane.max_key_staleness=3s"]).await;
    proxy.refuse().await;
    proxy.cut().await;
    let cut = Instant::now();
    holder.get(USERS).await.expect(200);
    until(async || holder.get(USERS).await.status != 200).await;
    let held = cut.elapsed();
    assert!(
        held > Duration::from_millis(1_500) && held < Duration::from_secs(6),
        "{held:?}"
    );
    let refused = holder.get(USERS).await;
    assert!(retry_after(&refused) > 0);
    refused.refused(503, "CONTROL_STORE_DOWN");
    proxy.heal();
    until(async || holder.get(USERS).await.status == 200).await;
    drop(service);
}

/// A network that drops packets: nothing says that the connection is lost.
#[tokio::test]
async fn a_listener_that_hears_nothing_is_noticed_and_replaced() {
    let (service, beside, proxy, _, id, holder) = behind_proxy(&[]).await;
    proxy.freeze_open();
    let revoke = format!("/admin/v1/api-keys/{id}/revoke");
    beside.operator().post(&revoke, &json!({})).await.expect(200);
    let start = Instant::now();
    until(async || holder.get(USERS).await.status == 401).await;
    // Half a second of silence, half a second for an answer, then a new connection and all keys.
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    drop(service);
}

/// Ends the sessions that listen for changes of keys, as an operator does.
async fn end_listeners(service: &Service) {
    let database = service.databases.control();
    in_store(
        service,
        format!(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
             WHERE datname = '{}' AND pid <> pg_backend_pid()
                AND (query LIKE '%api_key_changed%' OR query LIKE '%clock_timestamp%')",
            database.as_str()
        ),
    )
    .await;
}

#[tokio::test]
async fn without_a_listener_what_is_answered_here_holds_here() {
    let service = Service::start().await;
    let acme = service.tenant("acme").await;
    let (revoked, key) = service.api_key(&acme, BOTH).await;
    let (expired, other) = service.api_key(&acme, BOTH).await;
    let (revoked_key, expired_key) = (service.holder(&key), service.holder(&other));
    revoked_key.get(USERS).await.expect(200);
    expired_key.get(USERS).await.expect(200);

    // The service's pool has connections, and nothing can log in any more.
    let database = service.databases.control();
    let limit = |limit: i32| format!("ALTER DATABASE {} CONNECTION LIMIT {limit}", database.as_str());
    in_store(&service, limit(0)).await;
    end_listeners(&service).await;
    let made_up = ApiKeySecret::generate().unwrap();
    soon(&service.holder(made_up.expose()), USERS, 503).await;

    let operator = service.operator();
    let revoke = format!("/admin/v1/api-keys/{revoked}/revoke");
    operator.post(&revoke, &json!({})).await.expect(200);
    // Refused, though it is not in doubt whether there was such a key.
    not_accepted(revoked_key.get(USERS).await);
    let expire = format!("/admin/v1/api-keys/{expired}/expire");
    let at = |at: serde_json::Value| json!({ "expires_at": at });
    operator
        .post(&expire, &at(json!("2020-01-01T00:00:00Z")))
        .await
        .expect(200);
    assert_ne!(expired_key.get(USERS).await.status, 200);
    operator.post(&expire, &at(json!(null))).await.expect(200);
    expired_key.get(USERS).await.expect(200);
    let (_, new) = service.api_key(&acme, BOTH).await;
    service.holder(&new).get(USERS).await.expect(200);

    in_store(&service, limit(-1)).await;
    not_accepted(soon(&service.holder(made_up.expose()), USERS, 401).await);
    not_accepted(revoked_key.get(USERS).await);
    expired_key.get(USERS).await.expect(200);
    service.holder(&new).get(USERS).await.expect(200);
}

/// The moments around the end and the return of the listener, in which it loads all keys.
#[tokio::test]
async fn a_change_while_the_listener_returns_holds_from_its_answer_on() {
    let service = Service::start().await;
    let acme = service.tenant("acme").await;
    let operator = service.operator();
    for moment in 0..12 {
        let (id, key) = service.api_key(&acme, BOTH).await;
        let holder = service.holder(&key);
        holder.get(USERS).await.expect(200);
        end_listeners(&service).await;
        sleep(Duration::from_millis(moment * 10)).await;
        let revoke = format!("/admin/v1/api-keys/{id}/revoke");
        operator.post(&revoke, &json!({})).await.expect(200);
        let (_, new) = service.api_key(&acme, BOTH).await;
        let newcomer = service.holder(&new);
        let answered = Instant::now();
        while answered.elapsed() < Duration::from_millis(300) {
            assert_ne!(holder.get(USERS).await.status, 200, "{moment}");
            newcomer.get(USERS).await.expect(200);
        }
    }
}

#[tokio::test]
async fn a_listener_that_is_ended_is_back_at_once() {
    let (here, _there, _, id, [near, _]) = two().await;
    // Again and again, with a change between the end and the return.
    for scopes in ["read", "write", "read"] {
        end_listeners(&here).await;
        in_store(
            &here,
            format!("UPDATE control.api_keys SET scopes = '{{{scopes}}}' WHERE id = '{id}'"),
        )
        .await;
        let status = if scopes == "read" { 200 } else { 403 };
        let start = Instant::now();
        until(async || near.get(USERS).await.status == status).await;
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
        sleep(Duration::from_millis(200)).await;
    }
}
