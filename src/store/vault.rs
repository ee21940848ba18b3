//! Keys of this installation: which customer a number is (a keyed hash), and sealing of what is personal (AES-256-GCM).
//! Knows no SQL.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

use super::StoreError;
use crate::base::Pii;

/// The file beside the database that holds the installation's key. Without it sealed values cannot be read again.
const FILE: &str = "secret.key";
const LENGTH: usize = 32;

/// The keys. Cheap to clone; shows nothing of itself.
#[derive(Clone)]
pub(super) struct Vault {
    keys: Arc<Keys>,
}

struct Keys {
    names: hmac::Key,
    seal: LessSafeKey,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

impl Vault {
    /// Reads the installation's key, or makes one, readable by its owner only.
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(FILE);
        let failed = |source| StoreError::Io { path: path.clone(), source };
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(mut file) => {
                let mut key = [0; LENGTH];
                getrandom::fill(&mut key).map_err(|error| failed(std::io::Error::other(error.to_string())))?;
                file.write_all(&key).and_then(|()| file.sync_all()).map_err(failed)?;
                Self::with(&key).ok_or_else(|| failed(ErrorKind::InvalidData.into()))
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Self::read(folder),
            Err(error) => Err(failed(error)),
        }
    }

    /// Reads the installation's key.
    pub(super) fn read(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(FILE);
        let failed = |source| StoreError::Io { path: path.clone(), source };
        let mut key = Vec::with_capacity(LENGTH + 1);
        let file = OpenOptions::new().read(true).open(&path).map_err(failed)?;
        file.take(LENGTH as u64 + 1).read_to_end(&mut key).map_err(failed)?;
        let wrong = || std::io::Error::new(ErrorKind::InvalidData, "it is not the key that Bellhop made: put it back from a backup");
        Self::with(&key).ok_or_else(|| failed(wrong()))
    }

    /// A key of which nothing is kept.
    pub(super) fn passing() -> Result<Self, StoreError> {
        let failed = || StoreError::Io { path: FILE.into(), source: ErrorKind::Unsupported.into() };
        let mut key = [0; LENGTH];
        getrandom::fill(&mut key).map_err(|_| failed())?;
        Self::with(&key).ok_or_else(failed)
    }

    fn with(key: &[u8]) -> Option<Self> {
        if key.len() != LENGTH {
            return None;
        }
        let root = hmac::Key::new(hmac::HMAC_SHA256, key);
        let names = hmac::sign(&root, b"bellhop customer numbers");
        let seal = hmac::sign(&root, b"bellhop sealed values");
        let seal = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, seal.as_ref()).ok()?);
        Some(Self { keys: Arc::new(Keys { names: hmac::Key::new(hmac::HMAC_SHA256, names.as_ref()), seal }) })
    }

    /// Names the customer of a number, the same however the number is written; nobody where it has fewer than three digits.
    pub(super) fn customer(&self, number: &Pii<String>) -> Option<String> {
        use std::fmt::Write as _;
        let digits = canonical(number.reveal())?;
        let tag = hmac::sign(&self.keys.names, digits.as_bytes());
        Some(tag.as_ref().iter().take(16).fold(String::with_capacity(32), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        }))
    }

    /// Seals a text; `about` is what it belongs to, and must be the same when it is opened.
    pub(super) fn seal(&self, about: &str, text: &str) -> Result<String, SealError> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|_| SealError)?;
        let mut bytes = text.as_bytes().to_vec();
        let sealed = self.keys.seal.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(about.as_bytes()), &mut bytes);
        sealed.map_err(|_| SealError)?;
        Ok(STANDARD_NO_PAD.encode([&nonce[..], &bytes].concat()))
    }

    /// Opens a sealed text.
    pub(super) fn unseal(&self, about: &str, sealed: &str) -> Result<String, SealError> {
        let bytes = STANDARD_NO_PAD.decode(sealed).map_err(|_| SealError)?;
        let (nonce, bytes) = bytes.split_at_checked(NONCE_LEN).ok_or(SealError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError)?;
        let mut bytes = bytes.to_vec();
        let plain = self.keys.seal.open_in_place(nonce, Aad::from(about.as_bytes()), &mut bytes).map_err(|_| SealError)?;
        String::from_utf8(plain.to_vec()).map_err(|_| SealError)
    }
}

/// A sealed value cannot be made or opened: another key, or damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not open: is secret.key the one it was sealed with?")]
pub(super) struct SealError;

/// Reduces a number to its digits, without the country code of Chinese mobile numbers.
fn canonical(number: &str) -> Option<String> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.strip_prefix("00").unwrap_or(&digits);
    let mobile = digits.strip_prefix("86").filter(|rest| rest.len() == 11 && rest.starts_with('1'));
    let digits = mobile.unwrap_or(digits);
    (digits.len() >= 3).then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn customer(vault: &Vault, number: &str) -> Option<String> {
        vault.customer(&Pii::new(number.to_owned()))
    }

    #[test]
    fn a_number_names_the_same_customer_however_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(folder.path()).unwrap();
        let id = customer(&vault, "13800001234").unwrap();
        for number in ["138 0000 1234", "138-0000-1234", "+8613800001234", "008613800001234", "8613800001234"] {
            assert_eq!(customer(&vault, number).as_deref(), Some(&*id), "{number}");
        }
        assert_ne!(customer(&vault, "13800001235"), Some(id.clone()));
        assert_eq!((customer(&vault, "anonymous"), customer(&vault, "")), (None, None));
        assert_eq!(customer(&Vault::open(folder.path()).unwrap(), "13800001234"), Some(id.clone()), "also after a restart");
        let other = tempfile::tempdir().unwrap();
        assert_ne!(customer(&Vault::open(other.path()).unwrap(), "13800001234"), Some(id), "but not elsewhere");
    }

    #[test]
    fn what_is_sealed_opens_only_where_it_belongs() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(folder.path()).unwrap();
        let sealed = vault.seal("a", "13800001234").unwrap();
        assert_ne!(sealed, vault.seal("a", "13800001234").unwrap());
        assert_eq!(vault.unseal("a", &sealed).as_deref(), Ok("13800001234"));
        assert_eq!(vault.unseal("b", &sealed), Err(SealError));
        for damaged in ["", "!", "AAAA", &sealed[1..]] {
            assert_eq!(vault.unseal("a", damaged), Err(SealError));
        }
    }

    #[test]
    fn the_key_is_its_owners_and_a_wrong_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        Vault::open(folder.path()).unwrap();
        let path = folder.path().join("secret.key");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "short").unwrap();
        let words = Vault::open(folder.path()).unwrap_err().to_string();
        assert!(words.contains("secret.key") && words.contains("backup"), "{words}");
    }
}
