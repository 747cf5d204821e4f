//! Tenant A never sees, counts, changes or deletes B's rows, by any route.

use serde_json::{Value, json};

use crate::support::Service;

const USERS: &str = "/v1/internal/users";

#[tokio::test]
async fn no_route_leads_to_another_tenants_rows() {
    let service = Service::start().await;
    let (acme, globex) = (service.tenant("acme").await, service.tenant("globex").await);
    let (acme, globex) = (service.client(&acme), service.client(&globex));
    let secret = globex
        .post(USERS, &json!({"name": "Katherine"}))
        .await
        .expect(201);
    let mine = acme.post(USERS, &json!({"name": "Ada"})).await.expect(201);
    let theirs = format!("{USERS}/{}", secret["id"].as_str().unwrap());

    // The answer is that of an id which does not exist at all.
    let nothing = format!("{USERS}/{}", testkit::nobody());
    for (there, nowhere) in [
        (acme.get(&theirs).await, acme.get(&nothing).await),
        (
            acme.patch(&theirs, &json!({"name": "x"})).await,
            acme.patch(&nothing, &json!({"name": "x"})).await,
        ),
        (
            acme.patch(&theirs, &json!({})).await,
            acme.patch(&nothing, &json!({})).await,
        ),
        (acme.delete(&theirs).await, acme.delete(&nothing).await),
    ] {
        assert_eq!(there.status, nowhere.status);
        let shown = |mut body: Value| {
            body["request_id"] = Value::Null;
            body
        };
        assert_eq!(shown(there.body), shown(nowhere.body));
    }
    for parameters in [
        vec![],
        vec![("search", "a")],
        vec![("sort", "name"), ("order", "desc")],
        vec![("confirmed", "false"), ("created_after", "1970-01-01T00:00:00Z")],
    ] {
        let page = acme.query(USERS, &parameters).await.expect(200);
        assert_eq!(
            page,
            json!({"items": [mine], "next_cursor": null}),
            "{parameters:?}"
        );
    }
    // Nothing of it reached the other side.
    assert_eq!(globex.get(&theirs).await.expect(200), secret);
}

#[tokio::test]
async fn a_cursor_of_another_tenant_shows_nothing_of_it() {
    let service = Service::start().await;
    let (acme, globex) = (service.tenant("acme").await, service.tenant("globex").await);
    let (acme, globex) = (service.client(&acme), service.client(&globex));
    for name in ["a", "b", "c"] {
        globex.post(USERS, &json!({"name": name})).await.expect(201);
    }
    let mine = acme.post(USERS, &json!({"name": "z"})).await.expect(201);
    let page = globex
        .query(USERS, &[("sort", "name"), ("limit", "1")])
        .await
        .expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let page = acme
        .query(USERS, &[("sort", "name"), ("cursor", cursor)])
        .await
        .expect(200);
    assert_eq!(page, json!({"items": [mine], "next_cursor": null}));
}
