//! Failures become problems that disclose no internals.

use uuid::Uuid;
use web::{StackSettings, listen::Limits};

use crate::support::{SHORT, Server, client, log, problem, server, settings};

async fn get(server: &Server, path: &str) -> serde_json::Value {
    problem(client().get(server.url(path)).send().await.unwrap()).await
}

#[tokio::test]
async fn an_unknown_route_is_not_a_missing_thing() {
    let problem = get(&server(), "/nowhere?x=1").await;
    assert_eq!(problem["code"], "ROUTE_UNKNOWN");
    assert_eq!(problem["type"], "urn:tenantry:problem:route-unknown");
    assert_eq!(problem["status"], 404);
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let response = client().delete(server().url("/users")).send().await.unwrap();
    assert_eq!(response.status(), 405);
    let allow = response.headers()["allow"].to_str().unwrap().to_owned();
    let mut allow: Vec<_> = allow.split(',').map(str::trim).collect();
    allow.sort_unstable();
    assert_eq!(allow, ["GET", "HEAD", "POST"]);
    assert_eq!(problem(response).await["code"], "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn a_panic_is_internal_and_its_text_is_for_the_log() {
    let server = server();
    let problem = get(&server, "/panic").await;
    assert_eq!(problem["code"], "INTERNAL");
    assert!(!problem.to_string().contains("secret"), "{problem}");
    // The connection, and all others, live on.
    assert_eq!(
        client().get(server.url("/hello")).send().await.unwrap().status(),
        200
    );
}

#[tokio::test]
async fn a_cause_is_logged_once_with_the_requests_id_and_not_sent() {
    let problem = get(&server(), "/down").await;
    assert_eq!(problem["code"], "TENANT_DB_DOWN");
    assert_eq!(problem["retry_after"], 5);
    assert!(!problem.to_string().contains("secret"), "{problem}");
    let id = problem["request_id"].as_str().unwrap();
    log::access_line(id).await;
    let mut causes = log::lines_of(id);
    causes.retain(|line| line.fields.contains_key("cause"));
    let [line] = causes.as_slice() else {
        panic!("{causes:?}")
    };
    // The span has the id too, and it would stand there twice.
    assert!(!line.within_span);
    let tenant = Uuid::from_u128(7).to_string();
    for (field, value) in [
        ("cause", "secret database text"),
        ("code", "TENANT_DB_DOWN"),
        ("method", "GET"),
        ("path", "/down"),
        ("tenant", &tenant),
    ] {
        assert_eq!(line.fields[field], value, "{field}");
    }
}

#[tokio::test]
async fn errors_that_are_none_of_ours_become_problems() {
    let server = server();
    let broken = get(&server, "/broken").await;
    assert_eq!(
        (broken["code"].as_str(), broken["status"].as_u64()),
        (Some("INTERNAL"), Some(500))
    );
    assert!(!broken.to_string().contains("secret"), "{broken}");
    assert_eq!(get(&server, "/teapot").await["code"], "MALFORMED");

    // axum's own extractors answer in plain text.
    let post = |path: &str| {
        client()
            .post(server.url(path))
            .header("content-type", "application/json")
    };
    assert_eq!(
        problem(post("/json").body("[").send().await.unwrap()).await["code"],
        "MALFORMED"
    );
    assert_eq!(
        problem(post("/json").body("[\"x\"]").send().await.unwrap()).await["code"],
        "VALIDATION"
    );
    let untyped = client()
        .post(server.url("/json"))
        .body("[1]")
        .send()
        .await
        .unwrap();
    assert_eq!(problem(untyped).await["code"], "MEDIA_TYPE");
    let chunks = futures_util::stream::iter((0..8).map(|_| Ok::<_, std::io::Error>(vec![0; 1 << 16])));
    let huge = client()
        .post(server.url("/bytes"))
        .body(reqwest::Body::wrap_stream(chunks))
        .send()
        .await
        .unwrap();
    assert_eq!(problem(huge).await["code"], "BODY_TOO_LARGE");
}

#[tokio::test]
async fn past_the_deadline_the_handler_is_dropped() {
    let server = Server::start(
        Limits::default(),
        StackSettings {
            deadline: SHORT,
            ..settings()
        },
    );
    let problem = get(&server, "/wait").await;
    assert_eq!(
        (problem["code"].as_str(), problem["status"].as_u64()),
        (Some("DEADLINE_EXCEEDED"), Some(504))
    );
    assert_eq!(server.gate.left(), 1);
}

#[tokio::test]
async fn too_long_a_uri_is_refused() {
    let server = server();
    assert_eq!(
        get(&server, &format!("/hello?{}", "x".repeat(9000))).await["code"],
        "URI_TOO_LONG"
    );
    let fits = client()
        .get(server.url(&format!("/hello?{}", "x".repeat(8000))))
        .send()
        .await
        .unwrap();
    assert_eq!(fits.status(), 200);
}

#[tokio::test]
async fn duplicated_unknown_and_undecodable_parameters_are_errors() {
    let server = server();
    let wrong = get(&server, "/users?limit=1&limit=2&x=1&cursor=abc").await;
    assert_eq!(wrong["code"], "VALIDATION");
    let fields: Vec<_> = wrong["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["limit", "cursor", "x"]);
    assert_eq!(get(&server, "/users?limit=%zz").await["code"], "MALFORMED");
}

#[tokio::test]
async fn pages_follow_each_other_to_the_end() {
    let server = server();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let response = client()
            .get(server.url(&format!("/users?limit=4{cursor}")))
            .send()
            .await
            .unwrap();
        let page: serde_json::Value = response.json().await.unwrap();
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|n| n.as_u64().unwrap()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, (0..10).collect::<Vec<_>>());
}

#[tokio::test]
async fn every_response_has_its_headers() {
    let server = server();
    for path in ["/hello", "/nowhere", "/panic"] {
        let response = client().get(server.url(path)).send().await.unwrap();
        let headers = response.headers();
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["x-request-id"].len(), 36, "{path}");
        assert!(headers.contains_key("content-length"), "{path}");
    }
}

#[tokio::test]
async fn a_fit_request_id_is_kept_and_another_replaced() {
    let server = server();
    let id = async |given: &str| {
        let response = client()
            .get(server.url("/hello"))
            .header("x-request-id", given)
            .send()
            .await
            .unwrap();
        response.headers()["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(id("trace-7.A_b").await, "trace-7.A_b");
    assert_ne!(id("two words").await, "two words");
    // Neither the response nor the log gets a secret.
    for secret in ["tnt_key_abc", "x.TNT_KEY_ABC"] {
        assert_ne!(id(secret).await, secret);
    }
}

#[tokio::test]
async fn credentials_are_not_in_printed_headers() {
    let server = server();
    let request = client()
        .get(server.url("/headers"))
        .header("authorization", "Bearer secret-token")
        .header("cookie", "secret-cookie")
        .header("x-other", "shown");
    let headers = request.send().await.unwrap().text().await.unwrap();
    assert!(
        headers.contains("shown") && !headers.contains("secret"),
        "{headers}"
    );
}

#[tokio::test]
async fn a_head_request_gets_the_head_of_its_problem() {
    let response = client().head(server().url("/nowhere")).send().await.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(response.text().await.unwrap(), "");
}

/// `curl` leaves the shell's prompt on a line of its own, and `content-length` counts the end of the line.
#[tokio::test]
async fn json_ends_its_line() {
    let server = server();
    for path in ["/hello", "/nowhere"] {
        let response = client().get(server.url(path)).send().await.unwrap();
        let length = response.content_length();
        let text = response.text().await.unwrap();
        assert!(text.ends_with("}\n") && !text.ends_with("\n\n"), "{text:?}");
        assert_eq!(length, Some(text.len() as u64), "{path}");
    }
}
