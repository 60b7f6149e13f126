//! Secrets at rest: what a `secret` field is given is sealed before it is in any row, and nothing in the product opens it
//! but the question whether the key at hand still can ([`crate::verify`]).
//!
//! A sealed text is base64 (the alphabet of addresses, unpadded) of a version byte, four bytes that name the key, a random
//! nonce of 24 bytes and what XChaCha20-Poly1305 makes of the text. It is bound to its place: the physical names of table and
//! column, which no renaming changes, and the id of the record, which no other record has, in this workspace or in any. So it
//! opens in a backup, a copy or a workspace with another name, and nowhere but in the record it was given for.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use fichero_model::Id;
use fichero_model::clock::Ids;
use sha2::{Digest as _, Sha256};

/// The form of what is sealed today.
const VERSION: u8 = 1;

/// Bytes that name a key.
const NAME: usize = 4;

/// Bytes of a nonce.
const NONCE: usize = 24;

/// Seals and opens by one key.
pub struct Keeper {
    cipher: XChaCha20Poly1305,
    name: [u8; NAME],
}

/// Where a secret is kept.
#[derive(Clone, Copy, Debug)]
pub struct Place<'p> {
    /// The physical table.
    pub table: &'p str,
    /// The record.
    pub record: Id,
    /// The physical name of the field.
    pub column: &'p str,
}

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoKey;

/// Why a sealed text does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unopened {
    /// It is none, or was changed, or belongs to another record.
    Broken,
    /// Another key sealed it.
    OtherKey,
}

impl Keeper {
    /// The key in base64, padded or not: 32 bytes.
    ///
    /// # Errors
    /// When it is none.
    pub fn of(base64: &str) -> Result<Self, NoKey> {
        let text = base64.trim().trim_end_matches('=');
        let bytes = STANDARD_UNPADDED.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).map_err(|_| NoKey)?;
        let key: [u8; 32] = bytes.try_into().map_err(|_| NoKey)?;
        let digest = Sha256::digest([b"fichero key ".as_slice(), &key].concat());
        let name = std::array::from_fn(|at| digest.get(at).copied().unwrap_or_default());
        Ok(Self { cipher: XChaCha20Poly1305::new(&Key::from(key)), name })
    }

    /// Seals a text for one place.
    ///
    /// # Errors
    /// When it is longer than the cipher takes (256 GiB).
    pub fn seal(&self, place: Place<'_>, text: &str, ids: &dyn Ids) -> Result<String, Unopened> {
        let mut nonce = [0; NONCE];
        ids.random(&mut nonce);
        let bound = self.bound(place);
        let payload = Payload { msg: text.as_bytes(), aad: &bound };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| Unopened::Broken)?;
        Ok(URL_SAFE_NO_PAD.encode([&[VERSION][..], &self.name, &nonce, &sealed].concat()))
    }

    /// Opens what was sealed for a place.
    ///
    /// # Errors
    /// When this key does not, or it was not sealed for this place.
    pub fn open(&self, place: Place<'_>, sealed: &str) -> Result<String, Unopened> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Unopened::Broken)?;
        let (version, rest) = bytes.split_first().ok_or(Unopened::Broken)?;
        let (name, rest) = rest.split_first_chunk::<NAME>().ok_or(Unopened::Broken)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(Unopened::Broken)?;
        if *version != VERSION {
            return Err(Unopened::Broken);
        }
        if *name != self.name {
            return Err(Unopened::OtherKey);
        }
        let bound = self.bound(place);
        let payload = Payload { msg: sealed, aad: &bound };
        let text = self.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| Unopened::Broken)?;
        String::from_utf8(text).map_err(|_| Unopened::Broken)
    }

    /// What is authenticated beside the text.
    fn bound(&self, Place { table, record, column }: Place<'_>) -> Vec<u8> {
        let head = [VERSION];
        [&head[..], &self.name, table.as_bytes(), &[0], column.as_bytes(), &[0], record.as_bytes()].concat()
    }
}

/// Base64 as `openssl rand -base64 32` writes it, whose padding was taken away.
const STANDARD_UNPADDED: base64::engine::GeneralPurpose =
    base64::engine::GeneralPurpose::new(&base64::alphabet::STANDARD, base64::engine::general_purpose::NO_PAD);

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use base64::engine::general_purpose::STANDARD;
    use fichero_model::clock::SeededIds;

    use super::*;

    fn keeper(byte: u8) -> Keeper {
        Keeper::of(&STANDARD.encode([byte; 32])).unwrap()
    }

    fn place(record: u8) -> Place<'static> {
        Place { table: "account", record: Id::from_bytes([record; 16]), column: "token" }
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_alone() {
        let (keeper, ids) = (keeper(1), SeededIds::new(1));
        let sealed = keeper.seal(place(1), "s3cret ü", &ids).unwrap();
        assert!(!sealed.contains("s3cret"));
        assert_eq!(keeper.open(place(1), &sealed), Ok("s3cret ü".to_owned()));
        assert_ne!(keeper.seal(place(1), "s3cret ü", &ids).unwrap(), sealed, "each has a nonce of its own");
        assert_eq!(keeper.open(place(2), &sealed), Err(Unopened::Broken));
        assert_eq!(keeper.open(Place { column: "other", ..place(1) }, &sealed), Err(Unopened::Broken));
        assert_eq!(keeper.open(Place { table: "other", ..place(1) }, &sealed), Err(Unopened::Broken));
        assert_eq!(self::keeper(2).open(place(1), &sealed), Err(Unopened::OtherKey));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(keeper.open(place(1), &changed).is_err(), "byte {at}");
            assert!(keeper.open(place(1), &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_key_is_32_bytes_in_base64() {
        for wrong in ["", "abc", "not base64!", &STANDARD.encode([1; 31]), &STANDARD.encode([1; 33])] {
            assert_eq!(Keeper::of(wrong).err(), Some(NoKey), "{wrong}");
        }
        for right in
            [STANDARD.encode([255; 32]), URL_SAFE_NO_PAD.encode([255; 32]), format!(" {}\n", STANDARD.encode([9; 32]))]
        {
            assert!(Keeper::of(&right).is_ok(), "{right}");
        }
    }
}
