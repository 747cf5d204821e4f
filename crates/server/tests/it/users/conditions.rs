//! Entity tags of users, and requests that depend on them.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Answer;

use super::{USERS, create};
use crate::support::{Client, Locked, Service};

/// The entity tag of an answer.
fn etag(answer: &Answer) -> String {
    let tag = answer.headers["etag"].to_str().unwrap().to_owned();
    assert!(
        tag.starts_with('"') && tag.ends_with('"'),
        "{tag} is a strong one"
    );
    tag
}

fn member(user: &Value) -> String {
    format!("{USERS}/{}", user["id"].as_str().unwrap())
}

fn with(client: &Client, name: &'static str, value: &str) -> Client {
    client.clone().header(name, value)
}

#[tokio::test]
async fn each_version_of_a_user_has_a_tag_of_its_own() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    let created = client.post(USERS, &json!({"name": "Ada"})).await;
    let mut tags = vec![etag(&created)];
    let path = member(&created.body);
    assert_eq!(etag(&client.get(&path).await), tags[0]);
    for number in 0..20 {
        let changed = client.patch(&path, &json!({"name": format!("{number}")})).await;
        tags.push(etag(&changed));
        changed.expect(200);
    }
    let last = tags.last().unwrap().clone();
    // Beyond what PostgreSQL takes for a moment.
    for never_sent in ["\"9223372036854775806\"", "\"-9223372036854775807\""] {
        let other = with(&client, "if-match", never_sent);
        other
            .patch(&path, &json!({"name": "Bea"}))
            .await
            .refused(412, "PRECONDITION_FAILED");
        other.delete(&path).await.refused(412, "PRECONDITION_FAILED");
    }
    let unchanged = client.patch(&path, &json!({})).await;
    assert_eq!(etag(&unchanged), last);
    assert_eq!(etag(&client.get(&path).await), last);
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 21);
    assert!(!client.get(USERS).await.headers.contains_key("etag"));
}

#[tokio::test]
async fn a_copy_that_is_current_is_not_sent_again() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    let created = client.post(USERS, &json!({"name": "Ada"})).await;
    let (tag, path) = (etag(&created), member(&created.body));
    let weak = format!("W/{tag}");
    for method in [Method::GET, Method::HEAD] {
        for known in [tag.as_str(), &weak, "*", &format!("\"x\", {tag}")] {
            let answer = with(&client, "if-none-match", known)
                .send(method.clone(), &path)
                .await;
            assert_eq!(etag(&answer), tag, "{known}");
            assert_eq!(answer.expect(304), Value::Null, "{known}");
        }
    }
    with(&client, "if-none-match", "\"1\"")
        .get(&path)
        .await
        .expect(200);
    with(&client, "if-match", &tag).get(&path).await.expect(200);
    with(&client, "if-match", &weak)
        .get(&path)
        .await
        .refused(412, "PRECONDITION_FAILED");
}

#[tokio::test]
async fn a_change_of_another_version_is_refused() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    let created = client.post(USERS, &json!({"name": "Ada"})).await;
    let (old, path) = (etag(&created), member(&created.body));
    let now = etag(&client.patch(&path, &json!({"name": "Countess"})).await);
    let padded = now.replacen('"', "\"0", 1);
    let weak = format!("W/{now}");
    for (name, value) in [
        ("if-match", old.as_str()),
        ("if-match", &weak),
        ("if-match", &padded),
        ("if-match", "\"x\", \"1\""),
        ("if-none-match", &now),
        ("if-none-match", &weak),
        ("if-none-match", "*"),
    ] {
        let client = with(&client, name, value);
        for refused in [
            client.patch(&path, &json!({"name": "x"})).await,
            client.patch(&path, &json!({})).await,
            client.delete(&path).await,
        ] {
            refused.refused(412, "PRECONDITION_FAILED");
        }
    }
    with(&client, "if-match", "7")
        .delete(&path)
        .await
        .refused(400, "MALFORMED");
    assert_eq!(client.get(&path).await.expect(200)["name"], "Countess");

    let listed = format!("\"1\", {now}");
    let changed = with(&client, "if-match", &listed)
        .patch(&path, &json!({"confirmed": true}))
        .await;
    let now = etag(&changed);
    changed.expect(200);
    with(&client, "if-none-match", &old)
        .patch(&path, &json!({"confirmed": false}))
        .await
        .expect(200);
    with(&client, "if-match", &now)
        .delete(&path)
        .await
        .refused(412, "PRECONDITION_FAILED");
    with(&client, "if-match", "*").delete(&path).await.expect(204);
    for value in ["*", &now] {
        with(&client, "if-match", value)
            .delete(&path)
            .await
            .refused(404, "NOT_FOUND");
    }
}

/// Writers that have read the same version, and all wait for its row.
#[tokio::test]
async fn of_concurrent_changes_of_a_version_one_is_made() {
    let service = Service::with(&["registry.lock_timeout=1m", "registry.statement_timeout=1m"]).await;
    let tenant = service.tenant("acme").await;
    let client = service.client(&tenant);
    let created = client.post(USERS, &json!({"name": "Ada"})).await;
    let (tag, path) = (etag(&created), member(&created.body));

    let mut locked = Locked::rows_of_users(&service).await;
    let writers: Vec<_> = (0..3)
        .map(|number| {
            let (client, path) = (with(&client, "if-match", &tag), path.clone());
            tokio::spawn(async move {
                if number == 0 {
                    client.delete(&path).await
                } else {
                    client.patch(&path, &json!({"name": format!("{number}")})).await
                }
            })
        })
        .collect();
    locked.hold(&tenant, 3).await;
    locked.release().await;
    let mut statuses = Vec::new();
    for writer in writers {
        statuses.push(writer.await.unwrap().status.as_u16());
    }
    let made = statuses
        .iter()
        .filter(|status| matches!(status, 200 | 204))
        .count();
    let refused = statuses
        .iter()
        .filter(|status| matches!(status, 404 | 412))
        .count();
    assert_eq!((made, refused), (1, 2), "{statuses:?}");
}

#[tokio::test]
async fn what_another_tenant_has_is_not_found_whatever_is_expected_of_it() {
    let service = Service::start().await;
    let acme = service.client(&service.tenant("acme").await);
    let globex = service.client(&service.tenant("globex").await);
    let created = acme.post(USERS, &json!({"name": "Ada"})).await;
    let (tag, path) = (etag(&created), member(&created.body));
    let missing = format!("{USERS}/{}", testkit::unknown_tenant());
    for (name, value) in [
        ("if-match", tag.as_str()),
        ("if-match", "*"),
        ("if-match", "\"1\""),
        ("if-none-match", "*"),
        ("if-none-match", &tag),
    ] {
        let client = with(&globex, name, value);
        for path in [&path, &missing] {
            for refused in [
                client.get(path).await,
                client.patch(path, &json!({"name": "x"})).await,
                client.patch(path, &json!({})).await,
                client.delete(path).await,
            ] {
                refused.refused(404, "NOT_FOUND");
            }
        }
    }
    assert_eq!(etag(&acme.get(&path).await), tag);
}

/// A compressed answer would need another tag, which no change could name.
#[tokio::test]
async fn a_user_is_never_compressed() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    let user = create(&client, &"\u{1}".repeat(200)).await;
    let zipped = with(&client, "accept-encoding", "gzip");
    let request = zipped.request(Method::GET, &member(&user));
    let answer = request.send().await.unwrap();
    assert!(!answer.headers().contains_key("content-encoding"));
    assert!(answer.headers()["etag"].to_str().unwrap().starts_with('"'));
    assert!(answer.bytes().await.unwrap().len() > 1024);
    // The list is.
    let answer = zipped.request(Method::GET, USERS).send().await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    assert!(!answer.headers().contains_key("etag"));
}
