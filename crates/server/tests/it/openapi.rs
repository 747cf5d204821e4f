//! The descriptions of both planes: complete, consistent, served, and true of what the planes do.

mod collection;
mod documented;
mod limits;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use admin::{AdminAuth, Health, Issuers};
use admin_types::Issuer;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;
use server::args::Plane;
use server::description::document;
use testkit::Client;
use tokio_util::sync::CancellationToken;

use crate::support::Service;
pub use documented::check;

const PLANES: [Plane; 2] = [Plane::Tenant, Plane::Admin];

/// An operation of a description.
struct Operation {
    path: String,
    method: Method,
    description: Value,
}

fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, methods)| {
        methods
            .as_object()
            .unwrap()
            .iter()
            .map(|(method, description)| Operation {
                path: path.clone(),
                method: method.to_uppercase().parse().unwrap(),
                description: description.clone(),
            })
    });
    operations.collect()
}

/// What a `$ref` refers to, or the value itself.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document
            .pointer(reference.strip_prefix('#').unwrap())
            .unwrap_or_else(|| panic!("{reference} leads nowhere")),
        None => value,
    }
}

#[test]
fn every_operation_says_all_that_a_reader_needs() {
    for plane in PLANES {
        let document = document(plane);
        let tags: BTreeSet<_> = document["tags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tag| &tag["name"])
            .map(Value::to_string)
            .collect();
        let schemes = document["components"]["securitySchemes"].as_object().unwrap();
        let mut ids = BTreeSet::new();
        for Operation {
            path,
            method,
            description,
        } in operations(&document)
        {
            let id = description["operationId"].as_str().unwrap().to_owned();
            let place = format!("{method} {path} ({id})");
            assert!(id.chars().all(|c| c.is_ascii_alphanumeric()), "{place}");
            assert!(ids.insert(id), "{place}: the operation_id is taken");
            let summary = description["summary"]
                .as_str()
                .unwrap_or_else(|| panic!("{place}: a doc comment is missing"));
            assert!(
                summary.len() <= 60 && !summary.ends_with('.'),
                "{place}: {summary}"
            );
            let tag = description["tags"][0].to_string();
            // A fork's resources have the tag of their path, without a text of its own.
            assert!(tags.contains(&tag) || plane == Plane::Tenant, "{place}: {tag}");
            for security in description["security"].as_array().unwrap() {
                let (scheme, _) = security.as_object().unwrap().iter().next().unwrap();
                assert!(schemes.contains_key(scheme), "{place}: {scheme}");
            }
            let probe = tag == "\"probes\"";
            assert_eq!(
                description["security"].as_array().unwrap().is_empty(),
                probe,
                "{place}"
            );
            if plane == Plane::Admin && !probe {
                assert!(
                    description["x-required-role"].is_string() && description["x-audit-action"].is_string(),
                    "{place}"
                );
            }
            if let Some(body) = description.get("requestBody") {
                let content = &body["content"]["application/json"];
                assert!(
                    content["example"].is_object(),
                    "{place}: the body needs #[schema(example = json!(…))]"
                );
                assert_eq!(
                    resolved(&document, &content["schema"])["additionalProperties"],
                    false,
                    "{place}"
                );
            }
            for (status, response) in description["responses"].as_object().unwrap() {
                let response = resolved(&document, response);
                assert!(
                    !response["description"].as_str().unwrap().is_empty(),
                    "{place} {status}"
                );
                assert!(
                    response["headers"]["x-request-id"].is_object(),
                    "{place} {status}"
                );
                let failed = status.starts_with(['4', '5']);
                let kind = if failed {
                    "application/problem+json"
                } else {
                    "application/json"
                };
                if let Some(content) = response.get("content") {
                    assert!(content[kind].is_object(), "{place} {status}");
                }
            }
            let placeholders = path.matches('{').count();
            let parameters = description["parameters"].as_array().into_iter().flatten();
            let described = parameters.filter(|parameter| parameter["in"] == "path").count();
            assert_eq!(placeholders, described, "{place}");
        }
        assert!(ids.len() >= if plane == Plane::Tenant { 10 } else { 31 });
    }
}

/// Answers to GET are compressed, and the length of what is compressed tells of what is in it.
#[test]
fn only_answers_to_post_show_secrets() {
    let document = document(Plane::Admin);
    let mut shown = 0;
    for operation in operations(&document) {
        for (status, response) in operation.description["responses"].as_object().unwrap() {
            let schema = &resolved(&document, response)["content"]["application/json"]["schema"];
            let schema = resolved(&document, schema);
            let own = schema["properties"].as_object();
            let parts = schema["allOf"].as_array().into_iter().flatten();
            let parts = parts.filter_map(|part| resolved(&document, part)["properties"].as_object());
            let mut names = own.into_iter().chain(parts).flat_map(|fields| fields.keys());
            if names.any(|name| name == "secret" || name == "token") {
                assert_eq!(operation.method, Method::POST, "{} {status}", operation.path);
                shown += 1;
            }
        }
    }
    assert_eq!(shown, 2);
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(document: &Value, value: &Value) -> usize {
        let own = usize::from(value["$ref"].is_string());
        resolved(document, value);
        let below: usize = match value {
            Value::Object(members) => members.values().map(|member| walk(document, member)).sum(),
            Value::Array(items) => items.iter().map(|item| walk(document, item)).sum(),
            _ => 0,
        };
        own + below
    }
    for plane in PLANES {
        let document = document(plane);
        assert!(walk(&document, &document) > 50);
    }
}

/// The methods by path that a router has: the paths by what it prints of itself, since axum lists them nowhere else, and
/// the methods by what it answers to one that no route has.
async fn routed(router: axum::Router, client: &Client) -> BTreeMap<String, BTreeSet<String>> {
    let printed = format!("{router:?}");
    let quoted = printed.split('"').skip(1).step_by(2);
    // A router has a path of its own for what it does not know.
    let paths: BTreeSet<_> = quoted
        .filter(|path| path.starts_with('/') && *path != "/" && !path.contains("{*"))
        .collect();
    let mut methods = BTreeMap::new();
    for path in paths {
        let concrete = path.replace("{id}", "0190b6b1-7f3a-7c22-8d5a-0f6c2a9b1e44");
        let answer = client.request(Method::TRACE, &concrete).send().await.unwrap();
        assert_eq!(answer.status(), 405, "{path}");
        methods.insert(path.to_owned(), allowed(answer.headers()));
    }
    methods
}

fn allowed(headers: &HeaderMap) -> BTreeSet<String> {
    let allow = headers["allow"].to_str().unwrap();
    // Every GET answers HEAD as well.
    allow
        .split(',')
        .map(|method| method.trim().to_owned())
        .filter(|method| method != "HEAD")
        .collect()
}

fn described(document: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut described: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in operations(document) {
        described
            .entry(operation.path)
            .or_default()
            .insert(operation.method.to_string());
    }
    described
}

#[derive(Debug)]
struct NoIssuers;

impl Issuers for NoIssuers {
    fn issuers(&self) -> Vec<Issuer> {
        Vec::new()
    }
}

#[tokio::test]
async fn every_route_is_described_and_nothing_else() {
    let service = Service::start().await;
    // Routes are listed without a credential.
    let ways = api::Ways {
        internal: Some(api::TrustedNetworks::default()),
        public: Some(api::Credentials::default()),
        hosts: api::TenantHosts::default(),
    };
    let tenant_plane = api::plane(&service.registry, ways, &api::Admission::unlimited());
    assert_eq!(
        routed(tenant_plane, &service.anonymous()).await,
        described(&document(Plane::Tenant))
    );

    let store = service.control_plane.store().clone();
    let stopping = CancellationToken::new();
    let admin_plane = admin::plane(
        service.control_plane.clone(),
        service.registry.clone(),
        service.budget.clone(),
        service.examinations.clone(),
        Arc::new(NoIssuers),
        AdminAuth::new(None, store.clone()),
        Health::new(store, stopping, service.examinations.clone()),
    );
    assert_eq!(
        routed(admin_plane, &service.operator()).await,
        described(&document(Plane::Admin))
    );
}

#[tokio::test]
async fn both_planes_serve_their_description_and_its_page() {
    let service = Service::start().await;
    for (plane, address) in [
        (Plane::Tenant, service.tenant_plane),
        (Plane::Admin, service.admin_plane),
    ] {
        // Without a tenant and without a token.
        let client = Client::new(address);
        assert_eq!(client.get("/openapi.json").await.expect(200), document(plane));
        let page = client.request(Method::GET, "/docs").send().await.unwrap();
        let policy = page.headers()["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; ") && policy.contains("script-src 'self';"),
            "{policy}"
        );
        assert_eq!(page.headers()["x-content-type-options"], "nosniff");
        assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    }
    let closed = service
        .beside(&["tenant_plane.trusted_networks=[\"10.1.2.3/32\"]"])
        .await;
    for path in web::reference::PATHS {
        closed
            .anonymous()
            .get(path)
            .await
            .refused(403, "NETWORK_NOT_TRUSTED");
    }
}
