//! The list: orders, pages, filters.

use serde_json::{Value, json};

use crate::support::{Client, Service};

const USERS: &str = "/v1/internal/users";

async fn create_all(client: &Client, names: &[&str]) -> Vec<Value> {
    let mut users = Vec::new();
    for name in names {
        users.push(client.post(USERS, &json!({ "name": name })).await.expect(201));
    }
    users
}

/// The names on all pages, and how many pages there were.
async fn walk(client: &Client, parameters: &[(&str, &str)]) -> (Vec<String>, usize) {
    let (mut names, mut pages, mut cursor) = (Vec::new(), 0, None::<String>);
    loop {
        let mut parameters = parameters.to_vec();
        parameters.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = client.query(USERS, &parameters).await.expect(200);
        names.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|user| user["name"].as_str().unwrap().to_owned()),
        );
        pages += 1;
        match &page["next_cursor"] {
            Value::Null => return (names, pages),
            Value::String(next) => cursor = Some(next.clone()),
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn every_order_is_walked_without_gap_or_repetition() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    // Two of one name: the id breaks the tie, also across a page's edge.
    let users = create_all(&client, &["d", "b", "c", "b", "a"]).await;
    client
        .patch(
            &format!("{USERS}/{}", users[1]["id"].as_str().unwrap()),
            &json!({"confirmed": true}),
        )
        .await
        .expect(200);

    for (sort, ascending) in [
        ("created_at", ["d", "b", "c", "b", "a"]),
        ("updated_at", ["d", "c", "b", "a", "b"]),
        ("name", ["a", "b", "b", "c", "d"]),
    ] {
        let descending: Vec<_> = ascending.iter().rev().copied().collect();
        for limit in ["1", "2", "3", "5", "500"] {
            let (names, pages) = walk(&client, &[("sort", sort), ("limit", limit)]).await;
            assert_eq!(names, ascending, "{sort} by {limit}");
            assert_eq!(
                pages,
                5_usize.div_ceil(limit.parse().unwrap()),
                "{sort} by {limit}"
            );
            let (names, _) = walk(&client, &[("sort", sort), ("limit", limit), ("order", "desc")]).await;
            assert_eq!(names, descending, "{sort} by {limit}, descending");
        }
    }
    let (names, _) = walk(&client, &[]).await;
    assert_eq!(names, ["d", "b", "c", "b", "a"], "without parameters");
}

#[tokio::test]
async fn a_page_goes_on_behind_a_row_that_is_gone() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    let users = create_all(&client, &["a", "b", "c"]).await;
    let first = client.query(USERS, &[("limit", "2")]).await.expect(200);
    client
        .delete(&format!("{USERS}/{}", users[1]["id"].as_str().unwrap()))
        .await
        .expect(204);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = client
        .query(USERS, &[("limit", "2"), ("cursor", cursor)])
        .await
        .expect(200);
    assert_eq!(second["items"], json!([users[2]]));
    assert_eq!(second["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_list_is_counted_if_that_is_asked_for() {
    let service = Service::start().await;
    let (acme, globex) = (service.tenant("acme").await, service.tenant("globex").await);
    let client = service.client(&acme);
    create_all(&client, &["a", "b", "ab"]).await;
    create_all(&service.client(&globex), &["a"]).await;
    for (parameters, count) in [
        (vec![("count", "exact")], json!(3)),
        (vec![("count", "exact"), ("limit", "1")], json!(3)),
        (vec![("count", "exact"), ("search", "a")], json!(2)),
        (vec![("count", "exact"), ("search", "x")], json!(0)),
        (vec![("count", "none")], Value::Null),
        (vec![], Value::Null),
    ] {
        let page = client.query(USERS, &parameters).await.expect(200);
        assert_eq!(page["count"], count, "{parameters:?}");
    }
    let page = client.query(USERS, &[]).await.expect(200);
    assert!(page.get("count").is_none());
    // On each page, all of them.
    let first = client
        .query(USERS, &[("limit", "2"), ("count", "exact")])
        .await
        .expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = [("limit", "2"), ("count", "exact"), ("cursor", cursor)];
    assert_eq!(client.query(USERS, &second).await.expect(200)["count"], 3);

    let mut superuser = service.superuser().await;
    for (rows, count) in [(9_997, json!(10_000)), (1, json!("more"))] {
        let insert = "INSERT INTO app.users (tenant_id, name) SELECT $1, 'x' FROM generate_series(1, $2)";
        sqlx::query(insert)
            .bind(acme.id.as_uuid())
            .bind(rows)
            .execute(&mut superuser)
            .await
            .unwrap();
        let page = client.query(USERS, &[("count", "exact"), ("limit", "1")]).await;
        assert_eq!(page.expect(200)["count"], count);
    }
}

#[tokio::test]
async fn filters_narrow_the_list() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    let users = create_all(
        &client,
        &["100% Ada", "a_b", "axb", "Grace", "back\\slash", "ÄRGER"],
    )
    .await;
    client
        .patch(
            &format!("{USERS}/{}", users[3]["id"].as_str().unwrap()),
            &json!({"confirmed": true}),
        )
        .await
        .expect(200);

    for (search, found) in [
        ("%", vec!["100% Ada"]),
        ("_", vec!["a_b"]),
        ("\\", vec!["back\\slash"]),
        ("ADA", vec!["100% Ada"]),
        ("ärg", vec!["ÄRGER"]),
        ("a", vec!["100% Ada", "a_b", "axb", "Grace", "back\\slash"]),
        ("' OR true --", vec![]),
    ] {
        assert_eq!(walk(&client, &[("search", search)]).await.0, found, "{search}");
    }
    assert_eq!(walk(&client, &[("confirmed", "true")]).await.0, ["Grace"]);
    assert_eq!(
        walk(
            &client,
            &[("confirmed", "false"), ("search", "a"), ("limit", "2")]
        )
        .await
        .0
        .len(),
        4
    );

    // Both bounds leave out the moment itself.
    let moment = |index: usize| users[index]["created_at"].as_str().unwrap();
    let between = walk(
        &client,
        &[("created_after", moment(0)), ("created_before", moment(3))],
    )
    .await
    .0;
    assert_eq!(between, ["a_b", "axb"]);

    // Bounds are compared in full, though a column has whole microseconds.
    let later = |index: usize, nanoseconds: &str| moment(index).replace('Z', &format!("{nanoseconds}Z"));
    for nanoseconds in ["001", "500", "999"] {
        let before = later(0, nanoseconds);
        let first = walk(&client, &[("created_before", &before)]).await.0;
        assert_eq!(first, [users[0]["name"].as_str().unwrap()], "{before}");
        let after = later(users.len() - 2, nanoseconds);
        let last = walk(&client, &[("created_after", &after)]).await.0;
        assert_eq!(
            last,
            [users[users.len() - 1]["name"].as_str().unwrap()],
            "{after}"
        );
    }
}

#[tokio::test]
async fn wrong_parameters_are_all_named() {
    let service = Service::start().await;
    let client = service.client(&service.tenant("acme").await);
    create_all(&client, &["a", "b"]).await;
    let page = client
        .query(USERS, &[("limit", "1"), ("sort", "name")])
        .await
        .expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();

    for (parameters, wrong) in [
        (vec![("limit", "0")], vec!["limit"]),
        (vec![("limit", "501")], vec!["limit"]),
        (
            vec![("sort", "tenant_id"), ("order", "up"), ("confirmed", "1")],
            vec!["sort", "order", "confirmed"],
        ),
        (
            vec![("created_after", "yesterday"), ("created_before", "2020-01-01")],
            vec!["created_after", "created_before"],
        ),
        (vec![("search", ""), ("offset", "3")], vec!["search", "offset"]),
        (vec![("limit", "1"), ("limit", "2")], vec!["limit"]),
        (vec![("cursor", "x")], vec!["cursor"]),
        // Made for another order.
        (vec![("cursor", cursor)], vec!["cursor"]),
        (
            vec![("cursor", cursor), ("sort", "name"), ("order", "desc")],
            vec!["cursor"],
        ),
        (vec![("search", "a\0")], vec!["search"]),
    ] {
        assert_eq!(
            client.query(USERS, &parameters).await.wrong_fields(),
            wrong,
            "{parameters:?}"
        );
    }
    client
        .get(&format!("{USERS}?search=%ff"))
        .await
        .refused(400, "MALFORMED");
}
