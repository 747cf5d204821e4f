//! Tokens that are not well-formed.

use jwt_verifier::{MAX_TOKEN_BYTES, Refusal};
use serde_json::json;

use crate::test_key::{TestKey, claims, claims_with, encoded};
use crate::verifiers::Fixture;

#[tokio::test]
async fn text_around_a_token() {
    let key = TestKey::ed("1");
    let fixture = Fixture::new(&[&key]);
    let token = key.token(&claims());
    assert!(fixture.verify(&token).await.is_ok());
    for wrong in [
        format!(" {token}"),
        format!("{token} "),
        format!("{token}\n"),
        format!("{token}="),
        format!("{token}=="),
        format!("{token}."),
        format!("{token}.x"),
        format!(".{token}"),
        format!("{token}\u{0}"),
        format!("{token}é"),
        format!("Bearer {token}"),
        token.replacen('.', "..", 1),
        token.replacen('.', " .", 1),
        token.replacen('.', "=.", 1),
        token.replace('.', ""),
        token.replacen('.', "", 1),
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
    ] {
        fixture.refused(&wrong, Refusal::Malformed).await;
    }
    // Another signature part is judged by the library.
    let (message, signature) = token.rsplit_once('.').unwrap();
    fixture
        .refused(&format!("{message}.{}", &signature[1..]), Refusal::Malformed)
        .await;
    fixture
        .refused(&format!("{message}.+{}", &signature[1..]), Refusal::Malformed)
        .await;
}

/// Each text that differs in one place is refused, so that a token has one form only.
#[tokio::test]
async fn no_other_form_of_a_token() {
    let key = TestKey::ed("1");
    let fixture = Fixture::new(&[&key]);
    let token = key.token(&claims());
    for position in 0..token.len() {
        let mut other = token.clone().into_bytes();
        other[position] = if other[position] == b'A' { b'B' } else { b'A' };
        let other = String::from_utf8(other).unwrap();
        assert!(fixture.verify(&other).await.is_err(), "{position}");
        let mut shorter = token.clone();
        shorter.remove(position);
        assert!(fixture.verify(&shorter).await.is_err(), "{position}");
    }
}

#[tokio::test]
async fn large_tokens() {
    let key = TestKey::ed("1");
    let fixture = Fixture::new(&[&key]);
    let padded = |length| key.token(&claims_with(&json!({ "padding": "x".repeat(length) })));
    let largest = (0..MAX_TOKEN_BYTES).rev().map(|length| padded(length * 3 / 4));
    let largest = largest
        .take(2000)
        .find(|token| token.len() <= MAX_TOKEN_BYTES)
        .unwrap();
    assert!(largest.len() > MAX_TOKEN_BYTES - 4);
    assert!(fixture.verify(&largest).await.is_ok());
    fixture.refused(&padded(MAX_TOKEN_BYTES), Refusal::TooLarge).await;
    fixture.refused(&"a".repeat(64 << 20), Refusal::TooLarge).await;
}

#[tokio::test]
async fn json_that_readers_disagree_on() {
    let key = TestKey::ed("1");
    let fixture = Fixture::new(&[&key]);
    let (header, claims) = (key.header().to_string(), claims().to_string());
    let with = |more: &str| claims.replacen('{', &format!("{{{more},"), 1);
    for payload in [
        with(r#""exp":1"#).into_bytes(),
        with(r#""tenant_id":"0199d3a0-7a1e-7c7b-9d55-4a1f0a5f3f11""#).into_bytes(),
        with(r#""tenant\u005fid":"0199d3a0-7a1e-7c7b-9d55-4a1f0a5f3f11""#).into_bytes(),
        with(r#""x":{"a":1,"a":2}"#).into_bytes(),
        with(&format!(r#""x":{}1{}"#, "[".repeat(20), "]".repeat(20))).into_bytes(),
        with(&format!(r#""x":{}1{}"#, "[".repeat(2000), "]".repeat(2000))).into_bytes(),
        with(&format!(r#""x":{}1{}"#, "{\"x\":".repeat(20), "}".repeat(20))).into_bytes(),
        format!("{claims} {claims}").into_bytes(),
        format!("[{claims}]").into_bytes(),
        format!("\u{feff}{claims}").into_bytes(),
        b"\"text\"".to_vec(),
        b"{}x".to_vec(),
        Vec::new(),
        [with(r#""x":""#).as_bytes(), b"\xff\"}"].concat(),
        [b"{\"x\":\"\xff\",".as_slice(), &claims.as_bytes()[1..]].concat(),
        [b"{\"x\":\"\xed\xa0\x80\",".as_slice(), &claims.as_bytes()[1..]].concat(),
    ] {
        fixture
            .refused(&key.token_of(&header, &payload), Refusal::Malformed)
            .await;
    }
    for header in [
        header.replacen('{', r#"{"alg":"none","#, 1),
        header.replacen('{', r#"{"kid":"2","#, 1),
        "[]".to_owned(),
        String::new(),
        format!("{header}x"),
    ] {
        fixture
            .refused(&key.token_of(&header, &claims), Refusal::Malformed)
            .await;
    }
}

/// The nested form of a token, and the JSON serialization of RFC 7515.
#[tokio::test]
async fn other_serializations() {
    let key = TestKey::ed("1");
    let fixture = Fixture::new(&[&key]);
    let token = key.token(&claims());
    let nested = key.token_of(key.header().to_string(), &token);
    fixture.refused(&nested, Refusal::Malformed).await;
    let parts: Vec<_> = token.split('.').collect();
    let json = json!({ "protected": parts[0], "payload": parts[1], "signature": parts[2] });
    fixture.refused(&json.to_string(), Refusal::Malformed).await;
    let encrypted = format!("{}.a.b.c.d", encoded(r#"{"alg":"dir","enc":"A256GCM"}"#));
    fixture.refused(&encrypted, Refusal::Malformed).await;
}
