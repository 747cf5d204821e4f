//! Compression of the planes' answers: what changes and secrets need of it.

use std::io::Read as _;

use flate2::read::GzDecoder;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, ETAG};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use testkit::Client;

use crate::support::Service;

async fn ask(client: &Client, path: &str) -> Response {
    let request = client.request(Method::GET, path).header(ACCEPT_ENCODING, "gzip");
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_list_is_compressed_and_a_tenant_keeps_the_tag_for_its_change() {
    let service = Service::start().await;
    let operator = service.operator();
    let new = json!({"name": "acme", "metadata": {"note": "x".repeat(2000)}});
    let tenant = operator.post("/admin/v1/tenants", &new).await.expect(201);

    let listed = ask(&operator, "/admin/v1/tenants").await;
    assert_eq!(listed.headers()[CONTENT_ENCODING], "gzip");
    let packed = listed.bytes().await.unwrap();
    let mut text = String::new();
    GzDecoder::new(&*packed).read_to_string(&mut text).unwrap();
    assert!(text.len() > 2000 && packed.len() < 1000);
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap()["items"],
        json!([tenant])
    );

    let path = format!("/admin/v1/tenants/{}", tenant["id"].as_str().unwrap());
    let shown = ask(&operator, &path).await;
    assert!(!shown.headers().contains_key(CONTENT_ENCODING));
    let tag = shown.headers()[ETAG].to_str().unwrap().to_owned();
    let body = json!({"metadata": {}});
    let change = operator.request(Method::PATCH, &path).json(&body);
    operator.answer(change.header("if-match", tag)).await.expect(200);
}

#[tokio::test]
async fn a_description_is_compressed_and_a_new_key_is_not() {
    let service = Service::start().await;
    let tenant = service.tenant("acme").await;
    let described = ask(&service.anonymous(), "/openapi.json").await;
    assert_eq!(described.headers()[CONTENT_ENCODING], "gzip");
    let path = format!("/admin/v1/tenants/{}/api-keys", tenant.id);
    let new = service.operator().request(Method::POST, &path);
    let new = new
        .header(ACCEPT_ENCODING, "gzip")
        .json(&json!({"name": "n".repeat(100)}));
    let created = new.send().await.unwrap();
    assert_eq!(created.status(), 201);
    assert!(!created.headers().contains_key(CONTENT_ENCODING));
}
