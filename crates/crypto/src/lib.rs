//! Envelope encryption with AES-256-GCM-SIV: data keys wrapped by key-encryption keys from a key ring.
