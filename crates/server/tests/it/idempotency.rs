//! `Idempotency-Key` over HTTP: what is sent again runs once.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor as _;
use sqlx::postgres::PgConnection;
use testkit::{Answer, Proxy, TestServer};

use crate::support::{Client, Service, retry_after, until};

const TENANTS: &str = "/admin/v1/tenants";
const TOKENS: &str = "/admin/v1/admin-tokens";

fn with_key(client: Client, key: &str) -> Client {
    client.header("idempotency-key", key)
}

fn is_replayed(answer: &Answer) -> bool {
    answer
        .headers
        .get("idempotency-replayed")
        .is_some_and(|value| value == "true")
}

async fn tokens(service: &Service) -> Vec<Value> {
    let page = service.operator().query(TOKENS, &[("limit", "500")]).await;
    page.expect(200)["items"].as_array().unwrap().clone()
}

async fn store(service: &Service) -> PgConnection {
    let databases = &service.databases;
    databases.server().superuser(databases.control().as_str()).await
}

/// Over one instance, and over two on one store.
#[tokio::test]
async fn fifty_equal_requests_at_once_make_one_thing() {
    let service = Service::start().await;
    let other = service.beside(&[]).await;
    for (key, second) in [("one-instance", &service), ("two-instances", &other)] {
        let clients = [&service, second].map(|service| with_key(service.operator(), key));
        let body = json!({"name": key, "role": "viewer"});
        let answers = join_all((0..50).map(|number| clients[number % 2].post(TOKENS, &body))).await;
        let (replayed, run): (Vec<_>, Vec<_>) = answers.into_iter().partition(is_replayed);
        let [run] = <[_; 1]>::try_from(run).unwrap();
        let location = run.headers["location"].clone();
        let mut made = run.expect(201);
        assert!(made["token"].is_string(), "{made}");
        made["token"] = Value::Null;
        assert_eq!(replayed.len(), 49);
        for answer in replayed {
            assert_eq!(answer.headers["location"], location);
            assert_eq!(answer.headers["content-type"], "application/json");
            assert_eq!(answer.expect(201), made);
        }
    }
    assert_eq!(tokens(&service).await.len(), 2);
    let log = service.operator().get("/admin/v1/audit").await.expect(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 2, "{log}");
}

#[tokio::test]
async fn a_key_stands_for_one_request_of_one_caller() {
    let service = Service::start().await;
    let operator = with_key(service.operator(), "k");
    let body = json!({"name": "ci", "role": "admin"});
    let made = operator.post(TOKENS, &body).await.expect(201);
    for (path, body) in [
        (TOKENS.to_owned(), json!({"name": "ci", "role": "viewer"})),
        (TENANTS.to_owned(), body.clone()),
        (format!("{TOKENS}?x=1"), body.clone()),
    ] {
        operator
            .post(&path, &body)
            .await
            .refused(422, "IDEMPOTENCY_KEY_REUSED");
    }
    // Another's key of the same text is another key, and no other method has any.
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let other = with_key(
        Client::new(service.admin_plane).header("authorization", &bearer),
        "k",
    );
    let answer = other.post(TOKENS, &body).await;
    assert!(!is_replayed(&answer));
    answer.expect(201);
    assert!(!is_replayed(&operator.get(TOKENS).await));
    for wrong in ["", "two words", &"x".repeat(256)] {
        with_key(service.operator(), wrong)
            .post(TOKENS, &body)
            .await
            .refused(400, "MALFORMED");
    }
    with_key(operator, "k2")
        .post(TOKENS, &body)
        .await
        .refused(400, "MALFORMED");
    assert_eq!(tokens(&service).await.len(), 2);
}

#[tokio::test]
async fn a_refusal_is_given_again_as_the_answer_to_its_own_request() {
    let service = Service::start().await;
    let client = |id: &str| with_key(service.operator(), "k").header("x-request-id", id);
    let body = json!({"name": "", "role": "viewer"});
    let first = client("first").post(TOKENS, &body).await;
    assert_eq!(first.wrong_fields(), ["name"]);
    let again = client("again").post(TOKENS, &body).await;
    assert!(is_replayed(&again) && !is_replayed(&first));
    assert_eq!(again.wrong_fields(), ["name"]);
    let (mut first, mut again) = (first.body, again.body);
    assert_eq!(first["request_id"].take(), "first");
    assert_eq!(again["request_id"].take(), "again");
    assert_eq!(first, again);
    // Both are in the log, as what they were answered with.
    let log = service.operator().get("/admin/v1/audit").await.expect(200);
    let codes: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["code"])
        .collect();
    assert_eq!(codes, ["VALIDATION", "VALIDATION"]);
}

/// Who may not do it now may do it later, and what failed may be tried again.
#[tokio::test]
async fn a_key_is_free_again_after_an_unfinal_answer() {
    let service = Service::start().await;
    let operator = with_key(service.operator(), "k");
    let body = json!({"name": "ci", "role": "viewer"});
    let unauthenticated = with_key(Client::new(service.admin_plane), "k");
    unauthenticated
        .post(TOKENS, &body)
        .await
        .refused(401, "UNAUTHENTICATED");

    let mut store = store(&service).await;
    let lock = "BEGIN; LOCK TABLE control.admin_tokens IN ACCESS EXCLUSIVE MODE";
    store.execute(lock).await.unwrap();
    operator
        .post(TOKENS, &body)
        .await
        .refused(503, "CONTROL_STORE_DOWN");
    store.execute("ROLLBACK").await.unwrap();

    // The type of the body is no part of what the key stands for.
    let text = operator.request(Method::POST, TOKENS).body(body.to_string());
    assert_eq!(text.send().await.unwrap().status(), 415);

    let made = operator.post(TOKENS, &body).await;
    assert!(!is_replayed(&made));
    let made = made.expect(201);
    let again = operator.post(TOKENS, &body).await;
    assert!(is_replayed(&again));
    assert_eq!(again.expect(201)["id"], made["id"]);
}

#[tokio::test]
async fn a_request_that_still_runs_is_waited_for_and_one_that_was_killed_is_run_anew() {
    let service = Service::start().await;
    let mut store = store(&service).await;
    let operator = with_key(service.operator(), "k");
    let body = json!({"name": "ci", "role": "viewer"});
    let made = operator.post(TOKENS, &body).await.expect(201);
    let running = "UPDATE control.idempotency_keys
        SET locked_until = now() + interval '1 hour', status = NULL, headers = NULL, body = NULL";
    store.execute(running).await.unwrap();
    let answer = operator.post(TOKENS, &body).await;
    assert_eq!(retry_after(&answer), 1);
    answer.refused(409, "IDEMPOTENCY_IN_PROGRESS");

    store
        .execute("UPDATE control.idempotency_keys SET locked_until = now() - interval '1 second'")
        .await
        .unwrap();
    let anew = operator.post(TOKENS, &body).await;
    assert!(!is_replayed(&anew));
    assert_ne!(anew.expect(201)["id"], made["id"]);
}

/// What keys are for: the answer was lost, and the client asks again.
#[tokio::test]
async fn a_client_that_hangs_up_gets_the_answer_when_it_comes_again() {
    let proxy = Proxy::before(TestServer::get().await.cluster());
    let port = format!("control_store.port={}", proxy.address().port());
    let service = Service::with(&[&port]).await;
    let operator = with_key(service.operator(), "k");
    let body = json!({"name": "ci", "role": "viewer"});
    // Past the login, each word to the store takes its time.
    service.operator().get(TOKENS).await.expect(200);
    proxy.delay(Duration::from_millis(200));
    let hung_up = operator
        .request(Method::POST, TOKENS)
        .json(&body)
        .timeout(Duration::from_millis(900))
        .send()
        .await;
    assert!(hung_up.unwrap_err().is_timeout());
    proxy.heal();
    until(async || !tokens(&service).await.is_empty()).await;
    let answer = operator.post(TOKENS, &body).await;
    assert!(is_replayed(&answer), "{answer:?}");
    let made = answer.expect(201);
    let all = tokens(&service).await;
    assert_eq!((all.len(), &all[0]["id"]), (1, &made["id"]));
    let log = service.operator().get("/admin/v1/audit").await.expect(200);
    assert_eq!(log["items"][0]["target"], made["id"]);
}

#[tokio::test]
async fn without_the_store_nothing_runs() {
    let proxy = Proxy::before(TestServer::get().await.cluster());
    let port = format!("control_store.port={}", proxy.address().port());
    let service = Service::with(&[&port, "control_store.connect_timeout=500ms"]).await;
    proxy.refuse().await;
    proxy.cut().await;
    // This one would be refused by its handler, if that ran.
    let answer = with_key(service.operator(), "k").post(TOKENS, &json!({})).await;
    assert!(answer.headers.contains_key("retry-after"));
    answer.refused(503, "CONTROL_STORE_DOWN");
}

#[tokio::test]
async fn no_secret_is_kept_with_an_answer() {
    let service = Service::start().await;
    let body = json!({"name": "ci", "role": "viewer"});
    let made = with_key(service.operator(), "k")
        .post(TOKENS, &body)
        .await
        .expect(201);
    let kept: String = sqlx::query_scalar("SELECT convert_from(body, 'UTF8') FROM control.idempotency_keys")
        .fetch_one(&mut store(&service).await)
        .await
        .unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!((&kept["id"], &kept["token"]), (&made["id"], &Value::Null));
}
