//! Cursors belong to a tenant and a query, and cannot be made up.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{USERS, create};
use crate::support::{Client, Service};

const MOMENT: &str = "2020-01-01T00:00:00Z";

async fn next_cursor(client: &Client, parameters: &[(&str, &str)]) -> String {
    let page = client.query(USERS, parameters).await.expect(200);
    page["next_cursor"].as_str().unwrap().to_owned()
}

async fn with_cursor(
    client: &Client,
    parameters: &[(&str, &str)],
    cursor: &str,
) -> Result<Value, Vec<String>> {
    let mut parameters = parameters.to_vec();
    parameters.push(("cursor", cursor));
    let answer = client.query(USERS, &parameters).await;
    if answer.status == 200 {
        Ok(answer.body)
    } else {
        Err(answer.wrong_fields().iter().map(ToString::to_string).collect())
    }
}

#[tokio::test]
async fn a_cursor_goes_on_with_its_query_and_no_other() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    for name in ["a1", "a2", "a3"] {
        create(&client, name).await;
    }
    let queries: [&[(&str, &str)]; 7] = [
        &[],
        &[("sort", "name")],
        &[("order", "desc")],
        &[("search", "a")],
        &[("search", "A")],
        &[("confirmed", "false")],
        &[("created_after", MOMENT)],
    ];
    for given_by in queries {
        let mut first = given_by.to_vec();
        first.push(("limit", "1"));
        let cursor = next_cursor(&client, &first).await;
        for query in queries {
            let next = with_cursor(&client, query, &cursor).await;
            if query == given_by {
                assert_eq!(next.unwrap()["items"].as_array().unwrap().len(), 2);
            } else {
                assert_eq!(next.unwrap_err(), ["cursor"], "{given_by:?} in {query:?}");
            }
        }
    }
    // The same, written otherwise; and what decides nothing of it.
    let cursor = next_cursor(&client, &[("created_after", MOMENT), ("limit", "1")]).await;
    for same in [
        &[
            ("created_after", "2020-01-01T02:00:00.0+02:00"),
            ("sort", "created_at"),
        ][..],
        &[
            ("created_after", MOMENT),
            ("count", "exact"),
            ("limit", "500"),
            ("order", "asc"),
        ],
    ] {
        with_cursor(&client, same, &cursor).await.unwrap();
    }
}

#[tokio::test]
async fn a_cursor_of_another_tenant_or_made_up_is_refused() {
    let service = Service::start().await;
    let tenant = service.tenant("acme").await;
    let (acme, globex) = (
        service.client(&tenant),
        service.client(&service.tenant("globex").await),
    );
    for client in [&acme, &globex] {
        create(client, "a").await;
        create(client, "b").await;
    }
    let first = [("limit", "1")];
    let cursor = next_cursor(&acme, &first).await;
    assert_eq!(
        with_cursor(&globex, &first, &cursor).await.unwrap_err(),
        ["cursor"]
    );
    // Another replica takes it.
    let beside = service.beside(&[]).await;
    let next = with_cursor(&beside.client(&tenant), &first, &cursor)
        .await
        .unwrap();
    assert_eq!(next["items"][0]["name"], "b");

    let bytes = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
    let mut altered = bytes.clone();
    *altered.last_mut().unwrap() ^= 1;
    let made_up = [
        URL_SAFE_NO_PAD.encode(altered),
        URL_SAFE_NO_PAD.encode(&bytes[..bytes.len() - 1]),
        URL_SAFE_NO_PAD.encode([2; 64]),
        // As an older version gave them out, without a signature.
        URL_SAFE_NO_PAD.encode(
            b"[1,3735928559,[\"2026-01-31T12:00:00.000000Z\",\"5361cd94-4e80-4e90-a97a-6e3479065fb3\"]]",
        ),
    ];
    for cursor in made_up {
        assert_eq!(
            with_cursor(&acme, &first, &cursor).await.unwrap_err(),
            ["cursor"],
            "{cursor}"
        );
    }
}
