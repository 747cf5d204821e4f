//! `Prefer: return=minimal`.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::USERS;
use crate::support::Service;

#[tokio::test]
async fn a_minimal_answer_has_headers_and_no_body() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    let minimal = client.clone().header("prefer", "return=minimal");
    let put = format!("{USERS}/{}", Uuid::new_v4());

    let created = minimal.post(USERS, &json!({"name": "Ada"})).await;
    let path = created.headers["location"].to_str().unwrap().to_owned();
    let ada = json!({"name": "Ada"});
    let change = async |body: &Value| minimal.patch(&path, body).await;
    let put_ada = async || {
        minimal
            .answer(minimal.request(Method::PUT, &put).json(&ada))
            .await
    };
    let answers = [
        (created, 201),
        (change(&json!({"confirmed": true})).await, 204),
        (change(&json!({})).await, 204),
        (put_ada().await, 201),
        (put_ada().await, 204),
    ];
    for (answer, status) in &answers {
        assert_eq!(answer.status.as_u16(), *status, "{answer:?}");
        assert_eq!(answer.headers["preference-applied"], "return=minimal");
        assert_eq!(answer.body, Value::Null);
    }
    for (path, last) in [(&path, &answers[2].0), (&put, &answers[4].0)] {
        assert_eq!(client.get(path).await.headers["etag"], last.headers["etag"]);
    }
    // A failure is told in any case.
    assert_eq!(minimal.post(USERS, &json!({})).await.wrong_fields(), ["name"]);

    let whole = client.clone().header("prefer", "return=representation");
    let user = whole.patch(&path, &json!({"confirmed": false})).await;
    assert_eq!(user.headers["preference-applied"], "return=representation");
    assert_eq!(user.expect(200)["name"], "Ada");
    let user = client.patch(&path, &json!({"confirmed": true})).await;
    assert!(!user.headers.contains_key("preference-applied"));
    user.expect(200);
}
