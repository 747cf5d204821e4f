//! `Idempotency-Key` of the tenant plane: what is sent again makes one user.

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::Executor as _;
use testkit::Answer;

use super::USERS;
use crate::support::{Client, Service, retry_after};

fn with_key(client: &Client, key: &str) -> Client {
    client.clone().header("idempotency-key", key)
}

fn is_replayed(answer: &Answer) -> bool {
    answer
        .headers
        .get("idempotency-replayed")
        .is_some_and(|value| value == "true")
}

async fn count(client: &Client) -> Value {
    let page = client.query(USERS, &[("count", "exact")]).await;
    page.expect(200)["count"].clone()
}

#[tokio::test]
async fn equal_requests_at_once_make_one_user() {
    let service = Service::with(&["registry.lock_timeout=1m", "registry.statement_timeout=1m"]).await;
    let other = service.beside(&[]).await;
    let tenant = service.tenant("acme").await;
    let clients = [&service, &other].map(|service| with_key(&service.client(&tenant), "one"));
    let body = json!({"name": "Ada"});
    let answers = join_all((0..8).map(|number| clients[number % 2].post(USERS, &body))).await;
    let (replayed, run): (Vec<_>, Vec<_>) = answers.into_iter().partition(is_replayed);
    let [run] = <[_; 1]>::try_from(run).unwrap();
    assert_eq!(replayed.len(), 7);
    for answer in &replayed {
        for name in ["location", "etag", "content-type"] {
            assert_eq!(answer.headers[name], run.headers[name]);
        }
        assert_eq!((answer.status, &answer.body), (run.status, &run.body));
    }
    let location = run.headers["location"].to_str().unwrap().to_owned();
    let user = run.expect(201);
    assert_eq!(clients[0].get(&location).await.expect(200), user);
    assert_eq!(count(&clients[0]).await, 1);
}

#[tokio::test]
async fn a_repetition_gets_the_answer_of_the_first_request() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    let keyed = with_key(&client, "k");
    let ada = json!({"name": "Ada"});
    let first = keyed.post(USERS, &ada).await;
    assert!(!is_replayed(&first));
    let location = first.headers["location"].to_str().unwrap().to_owned();
    let first = first.expect(201);
    client.delete(&location).await.expect(204);
    let again = keyed.post(USERS, &ada).await;
    assert!(is_replayed(&again));
    assert_eq!(again.expect(201), first);
    let minimal = keyed
        .clone()
        .header("prefer", "return=minimal")
        .post(USERS, &ada)
        .await;
    assert!(is_replayed(&minimal));
    assert_eq!(minimal.expect(201), Value::Null);
    assert_eq!(count(&client).await, 0);

    for other in [json!({"name": "Bob"}), json!({"name": "Ada", "confirmed": false})] {
        keyed
            .post(USERS, &other)
            .await
            .refused(422, "IDEMPOTENCY_KEY_REUSED");
    }
    // What fails leaves no key.
    let fresh = with_key(&client, "f");
    assert_eq!(
        fresh.post(USERS, &json!({"name": ""})).await.wrong_fields(),
        ["name"]
    );
    assert!(!is_replayed(&fresh.post(USERS, &ada).await));
    assert_eq!(count(&client).await, 1);

    for wrong in ["", "a b", &"x".repeat(256)] {
        with_key(&client, wrong)
            .post(USERS, &ada)
            .await
            .refused(400, "MALFORMED");
    }
    with_key(&keyed, "k")
        .post(USERS, &ada)
        .await
        .refused(400, "MALFORMED");
}

#[tokio::test]
async fn tenants_do_not_meet_each_others_keys() {
    let service = Service::start().await;
    let (acme, globex) = (service.tenant("acme").await, service.tenant("globex").await);
    let mut made = Vec::new();
    for (tenant, name) in [(&acme, "Ada"), (&globex, "Bob"), (&acme, "Ada")] {
        let client = with_key(&service.client(tenant), "k");
        let answer = client.post(USERS, &json!({ "name": name })).await;
        assert_eq!(is_replayed(&answer), made.len() == 2);
        let user = answer.expect(201);
        assert_eq!(user["name"], name);
        made.push(user);
    }
    assert_eq!(made[0], made[2]);
}

#[tokio::test]
async fn one_that_runs_for_too_long_is_not_waited_for() {
    let service = Service::with(&["registry.lock_timeout=200ms"]).await;
    let tenant = service.tenant("acme").await;
    let mut superuser = service.superuser().await;
    superuser.execute("BEGIN").await.unwrap();
    let claim = "INSERT INTO app.idempotency_keys (tenant_id, key, request) VALUES ($1, 'k', '\\x00')";
    sqlx::query(claim)
        .bind(tenant.id.as_uuid())
        .execute(&mut superuser)
        .await
        .unwrap();
    let keyed = with_key(&service.client(&tenant), "k");
    let ada = json!({"name": "Ada"});
    let refused = keyed.post(USERS, &ada).await;
    assert_eq!(retry_after(&refused), 1);
    refused.refused(409, "IDEMPOTENCY_IN_PROGRESS");
    superuser.execute("ROLLBACK").await.unwrap();
    keyed.post(USERS, &ada).await.expect(201);
}

#[tokio::test]
async fn keys_are_forgotten_after_a_day() {
    let service = Service::start().await;
    let (acme, globex) = (service.tenant("acme").await, service.tenant("globex").await);
    let mut superuser = service.superuser().await;
    let insert = "INSERT INTO app.idempotency_keys (tenant_id, key, request, created_at)
        SELECT $1, 'k' || number, '\\x00', now() - number * interval '1 hour' FROM generate_series(1, 36) AS number";
    for tenant in [&acme, &globex] {
        sqlx::query(insert)
            .bind(tenant.id.as_uuid())
            .execute(&mut superuser)
            .await
            .unwrap();
    }
    let ada = json!({"name": "Ada"});
    // That of 36 hours ago runs again, that of 20 hours ago stands for another request.
    let client = service.client(&acme);
    assert!(!is_replayed(&with_key(&client, "k36").post(USERS, &ada).await));
    with_key(&client, "k20")
        .post(USERS, &ada)
        .await
        .refused(422, "IDEMPOTENCY_KEY_REUSED");
    // A repetition forgets old ones as well, and of its own tenant alone: those of 24 hours ago are a moment older by now.
    let old = "INSERT INTO app.idempotency_keys (tenant_id, key, request, created_at)
        VALUES ($1, 'old', '\\x00', now() - interval '40 days')";
    sqlx::query(old)
        .bind(acme.id.as_uuid())
        .execute(&mut superuser)
        .await
        .unwrap();
    assert!(is_replayed(&with_key(&client, "k36").post(USERS, &ada).await));
    for (tenant, left) in [(&acme, 23 + 1), (&globex, 36)] {
        let keys: i64 = sqlx::query_scalar("SELECT count(*) FROM app.idempotency_keys WHERE tenant_id = $1")
            .bind(tenant.id.as_uuid())
            .fetch_one(&mut superuser)
            .await
            .unwrap();
        assert_eq!(keys, left);
    }
}
