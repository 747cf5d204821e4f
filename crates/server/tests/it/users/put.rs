//! PUT: a user with an id that the client chose.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Answer;
use uuid::Uuid;

use super::{USERS, timestamp};
use crate::support::{Client, Service};

async fn put(client: &Client, path: &str, body: &Value) -> Answer {
    client.answer(client.request(Method::PUT, path).json(body)).await
}

fn with(client: &Client, name: &'static str, value: &str) -> Client {
    client.clone().header(name, value)
}

fn fresh() -> String {
    format!("{USERS}/{}", Uuid::new_v4())
}

#[tokio::test]
async fn it_adds_and_then_replaces_as_a_whole() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    let path = fresh();
    let added = put(&client, &path, &json!({"name": "Ada", "confirmed": true})).await;
    let first = added.headers["etag"].clone();
    let user = added.expect(201);
    assert_eq!(format!("{USERS}/{}", user["id"].as_str().unwrap()), path);
    assert_eq!(client.get(&path).await.expect(200), user);

    let replaced = put(&client, &path, &json!({"name": "Countess"})).await;
    assert_ne!(replaced.headers["etag"], first);
    let replaced = replaced.expect(200);
    assert_eq!(
        (&replaced["name"], &replaced["confirmed"], &replaced["created_at"]),
        (&json!("Countess"), &json!(false), &user["created_at"])
    );
    assert!(timestamp(&replaced["updated_at"]) > timestamp(&user["updated_at"]));
    assert_eq!(client.get(USERS).await.expect(200)["items"], json!([replaced]));

    client.delete(&path).await.expect(204);
    put(&client, &path, &json!({"name": "Ada"})).await.expect(201);

    let wrong = put(&client, &path, &json!({"confirmed": 1, "id": Uuid::nil()})).await;
    assert_eq!(wrong.wrong_fields(), ["name", "confirmed", "id"]);
    put(&client, &format!("{USERS}/7"), &json!({"name": "Ada"}))
        .await
        .refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn preconditions_say_whether_it_adds_or_replaces() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    let (path, ada) = (fresh(), json!({"name": "Ada"}));
    for (name, value) in [("if-match", "*"), ("if-match", "\"1\"")] {
        put(&with(&client, name, value), &path, &ada)
            .await
            .refused(412, "PRECONDITION_FAILED");
    }
    client.get(&path).await.refused(404, "NOT_FOUND");

    let only_new = with(&client, "if-none-match", "*");
    let added = put(&only_new, &path, &ada).await;
    let tag = added.headers["etag"].to_str().unwrap().to_owned();
    added.expect(201);
    put(&only_new, &path, &ada)
        .await
        .refused(412, "PRECONDITION_FAILED");
    for (name, value) in [("if-match", format!("W/{tag}")), ("if-none-match", tag.clone())] {
        put(&with(&client, name, &value), &path, &ada)
            .await
            .refused(412, "PRECONDITION_FAILED");
    }
    let replaced = put(&with(&client, "if-match", &tag), &path, &ada).await;
    replaced.expect(200);
    put(&with(&client, "if-match", &tag), &path, &ada)
        .await
        .refused(412, "PRECONDITION_FAILED");
    put(&with(&client, "if-none-match", &tag), &path, &ada)
        .await
        .expect(200);
}

#[tokio::test]
async fn of_concurrent_additions_one_is_made() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    let path = fresh();
    let writers: Vec<_> = (0..4)
        .map(|number| {
            let (client, path) = (with(&client, "if-none-match", "*"), path.clone());
            tokio::spawn(async move { put(&client, &path, &json!({"name": format!("{number}")})).await })
        })
        .collect();
    let mut statuses = Vec::new();
    for writer in writers {
        statuses.push(writer.await.unwrap().status.as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 412, 412, 412]);
}

/// An id that another tenant has is as free as any other, and what is done with it stays with the one who does it.
#[tokio::test]
async fn an_id_of_another_tenant_tells_nothing() {
    let service = Service::start().await;
    let acme = service.client(&service.tenant("acme").await);
    let globex = service.client(&service.tenant("globex").await);
    let path = fresh();
    let theirs = put(&acme, &path, &json!({"name": "Ada"})).await;
    let tag = theirs.headers["etag"].to_str().unwrap().to_owned();
    let theirs = theirs.expect(201);
    for (name, value) in [("if-match", tag.as_str()), ("if-match", "*")] {
        put(&with(&globex, name, value), &path, &json!({"name": "x"}))
            .await
            .refused(412, "PRECONDITION_FAILED");
    }
    let only_new = with(&globex, "if-none-match", "*");
    let own = put(&only_new, &path, &json!({"name": "Bob"})).await.expect(201);
    assert_eq!(own["name"], "Bob");
    assert_eq!(acme.get(&path).await.expect(200), theirs);
    globex.delete(&path).await.expect(204);
    assert_eq!(acme.get(&path).await.expect(200), theirs);
}
